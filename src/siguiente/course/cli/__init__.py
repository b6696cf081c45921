"""Lo que comparten los programas de ejemplo."""
