"""Through which interface of this machine its processes reach the others."""

import socket

import psutil


def interface_of(address: str) -> str | None:
    """Return the name of the network interface that has an address, None if none has."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(each.address.partition("%")[0] == address for each in addresses):
            return str(name)
    return None


def address_towards(host: str, port: int) -> str:
    """Return the address of this machine under which another one sees it; nothing is sent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port or 9))
        return str(probe.getsockname()[0])


def shown_endpoint(host: str, port: int) -> str:
    """Write an address and a port as one text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
