use super::{Allowlist, Network, NoNetwork};

fn contains(network: &str, ip: &str) -> bool {
    network.parse::<Network>().unwrap().contains(ip.parse().unwrap())
}

#[test]
fn a_network_contains_what_shares_its_first_bits() {
    for (network, inside, outside) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.77/24", "192.0.2.0", "192.0.1.255"),
        ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
    ] {
        assert!(contains(network, inside), "{network} {inside}");
        assert!(!contains(network, outside), "{network} {outside}");
    }
}

#[test]
fn families_are_kept_apart_and_ipv4_inside_ipv6_is_ipv4() {
    assert!(contains("0.0.0.0/0", "203.0.113.9") && contains("::/0", "2001:db8::1"));
    assert!(!contains("0.0.0.0/0", "::1") && !contains("::/0", "203.0.113.9"));
    assert!(contains("192.0.2.0/24", "::ffff:192.0.2.9") && contains("::ffff:192.0.2.9", "192.0.2.9"));
}

#[test]
fn anything_else_is_no_network() {
    for text in [
        "",
        "/",
        "office",
        "192.0.2",
        "192.0.2.1/",
        "192.0.2.1/33",
        "192.0.2.1/+8",
        "192.0.2.1/-1",
        "::/129",
        "192.0.2.1/24/24",
        "192.0.2.1:80",
        "::ffff:192.0.2.0/24",
        "10.0.0.0/256",
    ] {
        assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
    }
}

#[test]
fn ext_144_an_allowlist_has_at_most_a_hundred_entries() {
    let network: Network = "192.0.2.0/24".parse().unwrap();
    let list = Allowlist::of(vec![network; 100]).unwrap();
    assert!(list.contains("192.0.2.1".parse().unwrap()) && !list.contains("192.0.3.1".parse().unwrap()));
    assert_eq!(Allowlist::of(vec![network; 101]), None);
    assert!(!Allowlist::default().contains("192.0.2.1".parse().unwrap()));
}
