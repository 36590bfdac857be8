use std::fmt::Write as _;

use super::setting::{self, Setting, Takes};

const HEAD: &str = "\
# Configuration

<!-- Generated: `countersign config --reference > docs/operations/configuration.md` -->

`countersign serve` takes each setting from the command line, else from the environment, else from the file
that `--config` names, else its default. The file is flat TOML; a key or a `COUNTERSIGN_` variable that nobody
knows is an error that names it. Lists are arrays in the file and separated by commas elsewhere; paths in the
file are relative to it. `countersign config` takes the same options and prints every value with its origin.

`serve` refuses to start on an unsafe setting and names it: no domain, an `http` issuer that is not loopback, no
database, no data key, password hashing below the floor, a key or database file that others can read, listening
without TLS where others reach it.

```toml
domains = [\"https://login.example.com/\"]
listen_https = \"0.0.0.0:443\"
tls_certificate_file = \"fullchain.pem\"
tls_key_file = \"privkey.pem\"
database = \"sqlite:/var/lib/countersign/countersign.db\"
data_key_file = \"/etc/countersign/data.key\"
```

The data key is a line `NAME:KEY`, the key 32 random bytes in base64:
`(umask 077; echo \"key-1:$(openssl rand -base64 32)\" > data.key)`. Older keys may follow, a line each; they open
what they once sealed. Keep a copy apart from the copies of the database: without it they hold no signing key and
no client secret.

`countersign dev` decides domains, listeners, TLS, data key and proxies itself; the other settings hold there too.

SIGTERM and Ctrl-C stop the server: `/readyz` says no at once, then what is in flight is finished; a second signal
ends it at once. The exit code is 0 after a drain, 3 after a second signal, 1 where the server did not
start or failed, 2 for a wrong command line.

## Settings
";

/// The page of all settings, as `docs/operations/configuration.md` holds it.
#[must_use]
pub fn reference() -> String {
    setting::ALL.iter().fold(HEAD.to_owned(), |mut page, setting| {
        describe(setting, &mut page);
        page
    })
}

fn describe(setting: &Setting, page: &mut String) {
    let flag = setting
        .flag()
        .map_or("no option, since command lines are public".to_owned(), |flag| format!("`{flag}`"));
    let default = match (setting.takes, setting.default) {
        (_, "") => "none".to_owned(),
        (_, default) => format!("`{default}`"),
    };
    let list = if setting.takes == Takes::Many { ", a list" } else { "" };
    let _ = write!(
        page,
        "\n### `{}`\n\n{flag}, `{}`{list}. Default: {default}.\n\n{}\n",
        setting.key,
        setting.variable(),
        wrapped(setting.about.trim()),
    );
}

/// Breaks a paragraph into lines of at most 118 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 118 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
