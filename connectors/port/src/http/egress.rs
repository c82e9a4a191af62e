//! Where outgoing connections may go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;
use url::{Host, Url};

/// Networks that the operator allows beyond the public internet; merchants can neither see nor change them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressPolicy {
    /// Private networks that may be reached, e.g. `10.20.0.0/24` for an ERP in the office.
    pub allow_networks: Vec<IpNet>,
}

/// An address that may not be called. The texts say nothing about what is behind it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It does not parse.
    #[error("this is not a web address; expected something like https://host.example/path")]
    Malformed,
    /// Neither http nor https.
    #[error("only http and https addresses are allowed")]
    Scheme,
    /// `user:password@` in the address.
    #[error("user name and password do not belong into the address; use the credential fields")]
    UserInfo,
    /// A private or special address outside of the operator's networks.
    #[error("this address is not public, and the operator of this installation does not allow it")]
    Address,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let mut bits = 0;
    let mut place = 0;
    while place < segments.len() {
        bits = bits << 16 | segments[place] as u128;
        place += 1;
    }
    Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), prefix)
}

/// IANA's special-purpose IPv4 blocks, and multicast.
const SPECIAL_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(192, 175, 48, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 3), // multicast, reserved, broadcast
];

/// The only IPv6 block that is given out for the public internet.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Special blocks inside of [`GLOBAL_V6`]. IPv4-mapped, NAT64, unique-local, link-local and multicast lie outside of it.
const SPECIAL_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments: Teredo, benchmarking, ORCHID
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: an IPv4 address in disguise
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address))
        }
    }
}

impl EgressPolicy {
    /// Whether a connection to this address may be opened.
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.allow_networks.iter().any(|net| net.contains(&address))
    }

    /// Checks an address as a person typed it: scheme, form, and the host when it is a literal address.
    /// A host name is judged when it is resolved, at every connection.
    pub fn check_url(&self, text: &str) -> Result<Url, Denied> {
        let url = Url::parse(text.trim()).map_err(|_| Denied::Malformed)?;
        self.check(&url)?;
        Ok(url)
    }

    pub(crate) fn check(&self, url: &Url) -> Result<(), Denied> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Denied::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denied::UserInfo);
        }
        // Parsing has already turned decimal, octal and hexadecimal spellings into plain addresses.
        let literal = match url.host().ok_or(Denied::Malformed)? {
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                let local = name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost");
                if !local {
                    return Ok(());
                }
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            }
        };
        if self.allows(literal) { Ok(()) } else { Err(Denied::Address) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEC15: every spelling of an address that is not ours to call.
    const DENIED: &[&str] = &[
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.255.255.254:8080/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://①②⑦.0.0.1/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://erp.localhost/",
        "http://0.0.0.0/",
        "http://0/",
        "http://10.0.0.1/",
        "http://10.255.255.255/",
        "http://100.64.0.1/",
        "http://100.127.255.255/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.0.0.1/",
        "http://192.0.2.7/",
        "http://192.88.99.1/",
        "http://192.168.1.1/",
        "http://0xc0a80101/",
        "http://198.18.0.1/",
        "http://198.19.255.255/",
        "http://198.51.100.4/",
        "http://203.0.113.9/",
        "http://224.0.0.1/",
        "http://239.255.255.250/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[100::1]/",
        "http://[2001::1]/",
        "http://[2001:0:53aa:64c::1]/",
        "http://[2001:10::1]/",
        "http://[2001:db8::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:a00:1::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://[fc00::1]/",
        "http://[fd12:3456:789a::1]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "https://user@cdon.com/",
        "https://user:pass@cdon.com/",
        "https://cdon.com@127.0.0.1/",
        "ftp://cdon.com/",
        "file:///etc/passwd",
        "gopher://cdon.com/",
        "javascript:alert(1)",
        "//cdon.com/",
        "cdon.com",
        "",
    ];

    #[test]
    fn refuses_every_spelling_of_a_place_that_is_not_public() {
        let policy = EgressPolicy::default();
        for text in DENIED {
            assert!(policy.check_url(text).is_err(), "{text} was allowed");
        }
    }

    #[test]
    fn allows_the_public_internet() {
        for text in [
            "https://merchants-api.cdon.com/api",
            "http://8.8.8.8/",
            "http://100.63.255.255/",
            "http://172.32.0.1/",
            "http://[2606:4700::1111]/",
            "http://[2001:4860:4860::8888]/",
        ] {
            assert!(EgressPolicy::default().check_url(text).is_ok(), "{text} was refused");
        }
    }

    #[test]
    fn the_operators_networks_open_exactly_themselves() {
        // SEC16
        let policy = EgressPolicy { allow_networks: vec!["10.20.0.0/24".parse().unwrap()] };
        assert!(policy.check_url("http://10.20.0.5:9500").is_ok());
        assert_eq!(policy.check_url("http://10.20.1.5"), Err(Denied::Address));
        assert_eq!(policy.check_url("http://127.0.0.1"), Err(Denied::Address));
        assert_eq!(policy.check_url("http://[::ffff:10.20.0.5]"), Err(Denied::Address));
        assert_eq!(policy.check_url("http://localhost"), Err(Denied::Address));
    }

    #[test]
    fn says_which_rule_was_broken() {
        let policy = EgressPolicy::default();
        assert_eq!(policy.check_url("ftp://cdon.com"), Err(Denied::Scheme));
        assert_eq!(policy.check_url("https://a:b@cdon.com"), Err(Denied::UserInfo));
        assert_eq!(policy.check_url("cdon"), Err(Denied::Malformed));
    }
}
