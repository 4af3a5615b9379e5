"""Everything that may be configured: one typed section per group, with bounds, defaults and descriptions."""
