"""Which plan reaches a target at the least risk: remedies that the calls suggest, tried by the replay engine."""
