"""Which network addresses are public: a deny list of our own beside the standard library's word. Pure.

An address that carries another one in it (IPv4 in IPv6, 6to4, Teredo, NAT64) could lead back inside, so it is
refused for what it is, whatever it carries. Lists: IANA special-purpose address registries for IPv4 and IPv6.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out of IPv6; what lies outside is special, or not given to anybody."""

NEVER = tuple(
    ipaddress.ip_network(written)
    for written in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own; 100.100.100.200 answers with credentials at one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, on an address that looks public
        "169.254.0.0/16",  # link-local; 169.254.169.254 answers with credentials at most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # 192.0.0.192 likewise at one cloud
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # IPv4 in IPv6, the older way; unspecified and loopback among them
        "::ffff:0:0/96",  # IPv4 in IPv6
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, benchmarks, ORCHID and others of IETF's protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",  # fd00:ec2::254 answers with credentials at one cloud
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def is_public(address: Address) -> bool:
    """Say whether anybody's machine on the internet could have this address."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in GLOBAL_UNICAST or address.scope_id is not None
    ):
        return False
    if any(address in network for network in NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def read_address(written: str) -> Address | None:
    """Return the address that is written in its usual form; None for a name, and for any other spelling."""
    bare = written[1:-1] if written.startswith("[") and written.endswith("]") else written
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        return None
