use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{NOW, block_on};

use super::*;

const LIMITS: LoginLimits = LoginLimits { per_account_and_ip: Some(3), per_account: Some(5) };

fn jane() -> UserId {
    UserId::new("auth0|jane")
}

fn counters<'a>(
    storage: &'a MemoryStorage,
    account: Account<'_>,
    ip: &str,
    limits: LoginLimits,
) -> LoginAttempts<'a> {
    block_on(LoginAttempts::of(account, ip.parse().unwrap(), limits, storage, NOW)).unwrap()
}

fn begin(storage: &MemoryStorage, account: Account<'_>, ip: &str) -> bool {
    block_on(counters(storage, account, ip, LIMITS).begin()).unwrap()
}

fn exhausted(storage: &MemoryStorage, account: Account<'_>, ip: &str) -> bool {
    block_on(counters(storage, account, ip, LIMITS).are_exhausted()).unwrap()
}

fn outcomes(storage: &MemoryStorage, account: Account<'_>, ips: &[&str]) -> Vec<bool> {
    ips.iter().map(|ip| begin(storage, account, ip)).collect()
}

#[test]
fn an_address_has_as_many_attempts_as_its_limit_says() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let known = Account::Known(&jane);
    assert!(!exhausted(&storage, known, "192.0.2.1"));
    assert_eq!(outcomes(&storage, known, &["192.0.2.1"; 4]), [true, true, true, false]);
    assert!(exhausted(&storage, known, "192.0.2.1"));
    assert!(!exhausted(&storage, known, "192.0.2.2"), "another address is not held back");
}

#[test]
fn looking_counts_nothing() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    for _ in 0..10 {
        assert!(!exhausted(&storage, Account::Known(&jane), "192.0.2.1"));
    }
    assert!(begin(&storage, Account::Known(&jane), "192.0.2.1"));
}

#[test]
fn an_account_has_a_budget_over_all_addresses() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let ips = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"];
    let expected = [true, true, true, true, true, false];
    assert_eq!(outcomes(&storage, Account::Known(&jane), &ips), expected);
    assert!(exhausted(&storage, Account::Known(&jane), "198.51.100.9"));
}

#[test]
fn accounts_do_not_share_a_budget_and_a_name_nobody_has_is_counted_too() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let (here, there) = (ConnectionId::new("con_1"), ConnectionId::new("con_2"));
    let nobody = Account::Unknown(&here, "auth0|jane");
    assert_eq!(outcomes(&storage, nobody, &["192.0.2.1"; 4]), [true, true, true, false]);
    for other in
        [Account::Known(&jane), Account::Unknown(&there, "auth0|jane"), Account::Unknown(&here, "other")]
    {
        assert!(!exhausted(&storage, other, "192.0.2.1"), "{other:?}");
    }
}

#[test]
fn ipv6_counts_by_its_64_bit_network_and_mapped_addresses_as_ipv4() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let known = Account::Known(&jane);
    let ips = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:0:1::", "2001:db8::2"];
    assert_eq!(outcomes(&storage, known, &ips), [true, true, true, false]);
    assert!(!exhausted(&storage, known, "2001:db8:0:1::1"));

    let storage = MemoryStorage::new();
    let ips = ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "192.0.2.1"];
    assert_eq!(outcomes(&storage, known, &ips), [true, true, true, false]);
}

#[test]
fn a_right_password_forgets_the_attempts_of_here_and_of_the_account() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let known = Account::Known(&jane);
    outcomes(&storage, known, &["192.0.2.1"; 3]);
    block_on(counters(&storage, known, "192.0.2.1", LIMITS).forget()).unwrap();
    assert_eq!(outcomes(&storage, known, &["192.0.2.1"; 4]), [true, true, true, false]);
}

#[test]
fn an_attempt_is_forgotten_a_day_after_the_last() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let at = |now| {
        let ip = "192.0.2.1".parse().unwrap();
        block_on(LoginAttempts::of(Account::Known(&jane), ip, LIMITS, &storage, now)).unwrap()
    };
    outcomes(&storage, Account::Known(&jane), &["192.0.2.1"; 4]);
    let day = Seconds(24 * 3600);
    assert!(block_on(at(NOW.plus(Seconds(day.0 - 1))).are_exhausted()).unwrap());
    assert!(!block_on(at(NOW.plus(day)).are_exhausted()).unwrap());
}

#[test]
fn an_operator_lets_an_account_go_from_every_address() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    let known = Account::Known(&jane);
    let ips = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"];
    outcomes(&storage, known, &ips);
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        assert!(exhausted(&storage, known, ip), "{ip}");
    }
    block_on(release_account(&jane, &storage, NOW)).unwrap();
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        assert!(!exhausted(&storage, known, ip), "{ip}");
    }
    assert_eq!(outcomes(&storage, known, &["192.0.2.1"; 4]), [true, true, true, false]);
}

#[test]
fn a_limit_that_is_off_counts_nothing() {
    let (storage, jane) = (MemoryStorage::new(), jane());
    for off in [None, Some(0)] {
        let limits = LoginLimits { per_account_and_ip: off, per_account: off };
        for _ in 0..10 {
            let counters = counters(&storage, Account::Known(&jane), "192.0.2.1", limits);
            assert!(block_on(counters.begin()).unwrap());
            assert!(!block_on(counters.are_exhausted()).unwrap());
        }
    }
    assert!(!exhausted(&storage, Account::Known(&jane), "192.0.2.1"));
}
