"""De expresiones y esquemas a autómatas: da la máscara que la página explica."""
