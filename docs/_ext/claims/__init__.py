"""Las afirmaciones del curso, sus números y sus réplicas."""
