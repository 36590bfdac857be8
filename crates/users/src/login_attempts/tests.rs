use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{NOW, block_on};

use super::*;

const LIMITS: LoginLimits =
    LoginLimits { per_account_and_ip: Some(3), per_account: Some(5), rate: None, failures_per_ip: None };

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
    block_on(counters(storage, account, ip, LIMITS).begin()).unwrap().is_none()
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
        let limits = LoginLimits { per_account_and_ip: off, per_account: off, ..LoginLimits::default() };
        for _ in 0..10 {
            let counters = counters(&storage, Account::Known(&jane), "192.0.2.1", limits);
            assert_eq!(block_on(counters.begin()).unwrap(), None);
            assert!(!block_on(counters.are_exhausted()).unwrap());
        }
    }
    assert!(!exhausted(&storage, Account::Known(&jane), "192.0.2.1"));
}

fn rate(burst: u32, tokens: u32, per: i64) -> Option<Rate> {
    Rate::new(burst, tokens, Seconds(per))
}

/// Begins an attempt at a moment; answers what holds it back.
fn held_back(
    storage: &MemoryStorage,
    limits: LoginLimits,
    who: &UserId,
    ip: &str,
    at: i64,
) -> Option<HeldBack> {
    let (ip, now) = (ip.parse().unwrap(), NOW.plus(Seconds(at)));
    let counters = block_on(LoginAttempts::of(Account::Known(who), ip, limits, storage, now)).unwrap();
    block_on(counters.begin()).unwrap().map(|(why, _)| why)
}

#[test]
fn one_account_from_one_address_logs_in_no_faster_than_its_rate() {
    let (storage, jane, john) = (MemoryStorage::new(), jane(), UserId::new("auth0|john"));
    let limits = LoginLimits { rate: rate(20, 10, 60), ..LoginLimits::default() };
    let begin = |who, ip, at| held_back(&storage, limits, who, ip, at);
    for _ in 0..20 {
        assert_eq!(begin(&jane, "192.0.2.1", 0), None);
    }
    assert_eq!(begin(&jane, "192.0.2.1", 0), Some(HeldBack::TooFast));
    assert_eq!(begin(&jane, "192.0.2.2", 0), None, "another address");
    assert_eq!(begin(&john, "192.0.2.1", 0), None, "another account");
    assert_eq!(begin(&jane, "192.0.2.1", 5), Some(HeldBack::TooFast));
    assert_eq!(begin(&jane, "192.0.2.1", 6), None, "ten a minute");
    assert_eq!(begin(&jane, "192.0.2.1", 6), Some(HeldBack::TooFast));
}

#[test]
fn sp_116_sp_117_an_address_has_a_budget_of_failures_over_all_accounts() {
    let (storage, limits) =
        (MemoryStorage::new(), LoginLimits { failures_per_ip: rate(3, 1, 864), ..LoginLimits::default() });
    let fail = |name: &str, ip: &str| {
        let who = UserId::new(name);
        let counters = counters(&storage, Account::Known(&who), ip, limits);
        let held_back = block_on(counters.begin()).unwrap().map(|(why, _)| why);
        if held_back.is_none() {
            block_on(counters.failed()).unwrap();
        }
        held_back
    };
    let network = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"];
    for (name, ip) in ["a", "b", "c"].into_iter().zip(network) {
        assert_eq!(fail(name, ip), None);
    }
    assert_eq!(fail("d", "2001:db8::4"), Some(HeldBack::Address), "the whole /64 is one address");
    assert_eq!(fail("d", "2001:db8:0:1::4"), None, "the next /64 is another");
    let begin = |at| held_back(&storage, limits, &UserId::new("d"), "2001:db8::5", at);
    assert_eq!([begin(863), begin(864), begin(864)], [Some(HeldBack::Address), None, None]);
}
