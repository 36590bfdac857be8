//! Further names of the machine that a development server runs on.

use std::fmt::Write as _;

use super::DevOptions;
use crate::Failure;

/// Reads the names: exact DNS names, each once, in lower case.
///
/// # Errors
/// [`Failure`] of `--host` for what is no such name, a wildcard above all: a certificate for it would be one
/// for servers that are not ours.
pub(super) fn read(names: &[String]) -> Result<Vec<String>, Failure> {
    let mut hosts: Vec<String> = Vec::new();
    for name in names {
        let host = name.to_ascii_lowercase();
        if host.contains('*') {
            return Err(Failure::of("--host", format!("takes exact names, not the wildcard `{name}`")));
        }
        if !is_dns_name(&host) {
            let text =
                format!("takes a name such as host.docker.internal, without scheme and port, not `{name}`");
            return Err(Failure::of("--host", text));
        }
        if host != "localhost" && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

/// RFC 1123 §2.1, without what reads as an IPv4 address.
fn is_dns_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    host.len() <= 253 && host.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the options and an authority made anew are to be warned of.
pub(super) fn warnings(options: &DevOptions, replaced: bool) -> String {
    let mut text = String::new();
    if let Some(address) = options.listen.filter(|_| options.reaches_others()) {
        let _ = writeln!(
            text,
            "warning: --listen {address}: whoever reaches this machine reaches this server, which is made for \
             developing: its error pages show what was compared, /playground is open, and passwords and client \
             secrets lie readable in {}. Keep sample data in it alone, and use `countersign serve` for more.",
            options.data.display()
        );
    }
    if replaced {
        text.push_str(
            "warning: the local certificate authority was made anew, since the one before ends soon or is not \
             for these hosts: trust it again (`countersign trust install`)\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{read, warnings};
    use crate::dev::DevOptions;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn exact_names_are_taken_once_and_in_lower_case() {
        let given = names(&["host.docker.internal", "Auth.Test", "auth.test", "localhost", "countersign"]);
        assert_eq!(read(&given).unwrap(), names(&["host.docker.internal", "auth.test", "countersign"]));
    }

    #[test]
    fn wildcards_addresses_urls_and_what_is_no_name_are_refused() {
        for wrong in [
            "*.docker.internal",
            "*",
            "https://auth.test",
            "auth.test:3443",
            "auth.test.",
            ".test",
            "-a.test",
            "192.0.2.1",
            "::1",
            "a b",
            "",
            "größe.test",
        ] {
            let failure = read(&names(&[wrong])).unwrap_err();
            assert_eq!(failure.setting.as_deref(), Some("--host"), "{wrong}");
            assert!(failure.to_string().contains(wrong), "{failure}");
        }
    }

    #[test]
    fn listening_beyond_loopback_is_warned_of() {
        let listen = |address: &str| DevOptions { listen: address.parse().ok(), ..DevOptions::default() };
        assert!(warnings(&listen("0.0.0.0"), false).starts_with("warning: --listen 0.0.0.0: "));
        assert_eq!(warnings(&listen("127.0.0.1"), false), "");
        assert!(warnings(&DevOptions::default(), true).contains("trust it again"));
    }
}
