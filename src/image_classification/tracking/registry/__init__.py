"""MLflow's registry: names of recorded models, with versions, one of which is the champion."""
