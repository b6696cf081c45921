"""Los cuentos y las redes que los aprenden."""
