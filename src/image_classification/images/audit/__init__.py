"""The audit: what makes a result look better, or a network worse, than it should be."""
