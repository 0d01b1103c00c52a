"""What PostgreSQL says about a vector search: catalogs, plans and waits, read and never changed."""
