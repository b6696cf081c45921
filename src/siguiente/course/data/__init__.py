"""Los datos del curso."""
