"""Small controls that panels are made of. Each shows a value without echo and says when a person changed it."""
