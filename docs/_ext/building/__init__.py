"""Ejecutar lo caducado y componer el sitio."""
