"""The simulated venue: a server that plays 2025-09-17 in Hong Kong over the vendors' own protocols."""
