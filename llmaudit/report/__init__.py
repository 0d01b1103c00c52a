"""The report: one answer made of the answers there are, for whoever decides."""

from llmaudit.report.report import Report, gather

__all__ = ["Report", "gather"]
