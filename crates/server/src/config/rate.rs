use countersign_http::RequestRates;
use countersign_oauth::Seconds;
use countersign_openid::UserinfoRate;
use countersign_storage::Rate;
use countersign_users::Allowlist;

use super::layers::{Layers, Origin};
use super::read::parse;
use super::setting::{self, Setting};
use crate::Failure;

/// How often something may be asked for before it is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Logins of one account from one address.
    pub login: Option<Rate>,
    /// Failed logins from one address.
    pub failed_logins: Option<Rate>,
    /// Which addresses may fail as often as they like.
    pub exempt: Allowlist,
    /// `/userinfo`, for one user.
    pub userinfo: Option<UserinfoRate>,
    /// What the tenant as a whole may get.
    pub requests: RequestRates,
}

impl RateLimits {
    pub(super) fn read(layers: &Layers) -> Result<Self, Failure> {
        let rate = |setting| rate(layers, setting);
        let limits = Self {
            login: rate(&setting::RATE_LIMIT_LOGIN)?,
            failed_logins: rate(&setting::RATE_LIMIT_FAILED_LOGINS)?,
            exempt: exempt(layers)?,
            userinfo: rate(&setting::RATE_LIMIT_USERINFO)?.map(|rate| UserinfoRate { rate, is_kept: true }),
            requests: RequestRates {
                requests: rate(&setting::RATE_LIMIT_REQUESTS)?,
                token: rate(&setting::RATE_LIMIT_TOKEN)?,
                jwks: rate(&setting::RATE_LIMIT_JWKS)?,
            },
        };
        let are_on = parse(layers, &setting::RATE_LIMITS, "true or false")?;
        Ok(if are_on { limits } else { limits.off() })
    }

    /// What `countersign serve` does without being told.
    #[must_use]
    pub fn of_serve() -> Self {
        let rate = |setting: &Setting| parse_rate(setting.default);
        Self {
            login: rate(&setting::RATE_LIMIT_LOGIN),
            failed_logins: rate(&setting::RATE_LIMIT_FAILED_LOGINS),
            exempt: Allowlist::default(),
            userinfo: rate(&setting::RATE_LIMIT_USERINFO).map(|rate| UserinfoRate { rate, is_kept: true }),
            requests: RequestRates {
                requests: rate(&setting::RATE_LIMIT_REQUESTS),
                token: rate(&setting::RATE_LIMIT_TOKEN),
                jwks: rate(&setting::RATE_LIMIT_JWKS),
            },
        }
    }

    /// The same, refusing nothing: userinfo still tells of its bucket, as shipped clients may expect.
    #[must_use]
    pub(crate) fn off(self) -> Self {
        let userinfo = self.userinfo.map(|limit| UserinfoRate { is_kept: false, ..limit });
        Self { userinfo, ..Self::default() }
    }

    /// Whether somebody said that they are on or off.
    pub(crate) fn are_asked_for(layers: &Layers) -> bool {
        layers.origin(&setting::RATE_LIMITS) != Origin::Default
    }
}

fn exempt(layers: &Layers) -> Result<Allowlist, Failure> {
    let setting = &setting::RATE_LIMIT_FAILED_LOGINS_EXEMPT;
    let network = |text: &String| {
        let wrong = || format!("`{text}` is no address and no network such as 192.0.2.0/24");
        text.parse().map_err(|_| Failure::of(setting.key, wrong()))
    };
    let networks = layers.all(setting).iter().map(network).collect::<Result<_, _>>()?;
    let too_many = || Failure::of(setting.key, format!("has at most {} entries", Allowlist::MAX));
    Allowlist::of(networks).ok_or_else(too_many)
}

fn rate(layers: &Layers, setting: &'static Setting) -> Result<Option<Rate>, Failure> {
    let text = layers.one(setting).unwrap_or(setting.default);
    if text == "off" {
        return Ok(None);
    }
    let wanted = "is a rate such as `20 then 10/min` or `30/s` (s, min, h or day), or `off`, not";
    parse_rate(text).map(Some).ok_or_else(|| Failure::of(setting.key, format!("{wanted} `{text}`")))
}

/// Reads `BURST then TOKENS/UNIT`, or `TOKENS/UNIT` with a burst of as many.
fn parse_rate(text: &str) -> Option<Rate> {
    let (burst, sustained) = match text.split_once(" then ") {
        Some((burst, sustained)) => (Some(burst.trim().parse().ok()?), sustained),
        None => (None, text),
    };
    let (tokens, unit) = sustained.trim().split_once('/')?;
    let tokens: u32 = tokens.parse().ok()?;
    let per = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    Rate::new(burst.unwrap_or(tokens), tokens, Seconds(per))
}

#[cfg(test)]
mod tests {
    use countersign_http::RequestRates;
    use countersign_oauth::Seconds;
    use countersign_storage::Rate;

    use super::{RateLimits, parse_rate};
    use crate::config::{Environment, Layers, Overrides, setting};

    fn read(overrides: &Overrides) -> Result<RateLimits, String> {
        let layers = Layers::merge(overrides, &Environment::of([])).unwrap();
        RateLimits::read(&layers).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_guards_accounts_is_limited_by_default_and_capacity_is_not() {
        let limits = read(&Overrides::new()).unwrap();
        assert_eq!(limits.login, parse_rate("20 then 10/min"));
        assert_eq!(limits.failed_logins, parse_rate("100 then 100/day"));
        let userinfo = limits.userinfo.unwrap();
        assert_eq!((Some(userinfo.rate), userinfo.is_kept), (parse_rate("10 then 5/min"), true));
        assert_eq!(limits.requests, RequestRates::default());
        assert_eq!(limits, RateLimits::of_serve());
        let asked = Overrides::new().with(&setting::RATE_LIMIT_TOKEN, Some("30/s"));
        assert_eq!(read(&asked).unwrap().requests.token, parse_rate("30/s"));
    }

    #[test]
    fn one_switch_puts_all_of_them_off() {
        let off = Overrides::new()
            .with(&setting::RATE_LIMITS, Some("false"))
            .with(&setting::RATE_LIMIT_TOKEN, Some("30/s"));
        let limits = read(&off).unwrap();
        assert!(limits.userinfo.is_some_and(|limit| !limit.is_kept), "its headers stay");
        assert_eq!(limits, RateLimits { userinfo: limits.userinfo, ..RateLimits::default() });
    }

    #[test]
    fn a_wrong_rate_is_named() {
        let wrong = Overrides::new().with(&setting::RATE_LIMIT_JWKS, Some("fast"));
        let failure = read(&wrong).unwrap_err();
        assert!(failure.contains("rate_limit_jwks") && failure.contains("`fast`"), "{failure}");
    }

    #[test]
    fn ext_144_exempt_addresses_are_read_and_a_wrong_one_is_named() {
        let asked =
            |text: &str| read(&Overrides::new().with(&setting::RATE_LIMIT_FAILED_LOGINS_EXEMPT, Some(text)));
        let exempt = asked("192.0.2.1, 198.51.100.0/24").unwrap().exempt;
        for (ip, is_exempt) in [("192.0.2.1", true), ("198.51.100.9", true), ("192.0.2.2", false)] {
            assert_eq!(exempt.contains(ip.parse().unwrap()), is_exempt, "{ip}");
        }
        let failure = asked("192.0.2.1,office").unwrap_err();
        assert!(
            failure.contains("rate_limit_failed_logins_exempt") && failure.contains("`office`"),
            "{failure}"
        );
        let failure = asked(&["192.0.2.1"; 101].join(",")).unwrap_err();
        assert!(failure.contains("at most 100"), "{failure}");
    }

    #[test]
    fn rates_are_a_burst_and_what_is_gained_in_a_unit_of_time() {
        let rate = |burst, tokens, per| Rate::new(burst, tokens, Seconds(per));
        assert_eq!(parse_rate("20 then 10/min"), rate(20, 10, 60));
        assert_eq!(parse_rate("100 then 100/day"), rate(100, 100, 86_400));
        assert_eq!(parse_rate("30/s"), rate(30, 30, 1));
        assert_eq!(parse_rate("50/h"), rate(50, 50, 3_600));
    }

    #[test]
    fn anything_else_is_no_rate() {
        for text in
            ["", "20", "0/s", "1/0", "1/", "/s", "1/sec", "-1/s", "then 1/s", "1 then 0/s", "0 then 1/s"]
        {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }
}
