"""La huella de una página."""

from nbdeps.digest import python


def test_a_magic_order_becomes_python():
    assert "import pkg" in python("%matplotlib inline\nimport pkg")
    compile(python("%matplotlib inline\nimport pkg"), "celda", "exec")
