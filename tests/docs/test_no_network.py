import pytest

from offline import no_network


@pytest.mark.parametrize(
    ("event", "args"),
    [("socket.getaddrinfo", ("otra.example", 443)), ("socket.connect", (None, ("192.0.2.1", 80)))],
)
def test_another_machine_is_refused(event, args):
    with pytest.raises(PermissionError, match="sin red"):
        no_network.refuse(event, args)


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("socket.getaddrinfo", ("localhost", 80)),
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, "/run/un-socket")),
        ("open", ("archivo",)),
    ],
)
def test_this_machine_and_other_events_pass(event, args):
    no_network.refuse(event, args)
