//! As much of a browser as a login needs: cookies, redirects, one form.

use std::collections::BTreeMap;

use crate::connection::{Answer, Connection, form, request};

const REDIRECTS_AT_MOST: usize = 10;

pub(crate) struct Browser {
    connection: Connection,
    cookies: BTreeMap<String, String>,
    port: u16,
}

impl Browser {
    pub(crate) fn new(port: u16) -> Result<Self, String> {
        Ok(Self { connection: Connection::open(port)?, cookies: BTreeMap::new(), port })
    }

    /// The `Cookie` header as it is now.
    pub(crate) fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}", pairs.join("; "))
    }

    /// Opens a path, logs in where a form asks, and stops at the redirect that leaves the server.
    pub(crate) fn log_in(&mut self, path: &str, account: (&str, &str)) -> Result<Answer, String> {
        let mut answer = self.ask("GET", path, None)?;
        for _ in 0..REDIRECTS_AT_MOST {
            if answer.status == 200 {
                let page = answer.text();
                let transaction = between(&page, "name=\"transaction\" value=\"", "\"");
                let action = between(&page, "<form class=\"sheet\" method=\"post\" action=\"", "\"");
                let (Some(transaction), Some(action)) = (transaction, action) else {
                    return Err(format!("a page without a login form: {page}"));
                };
                let body = form(&[
                    ("transaction", transaction),
                    ("username", account.0),
                    ("password", account.1),
                    ("action", "default"),
                ]);
                answer = self.ask("POST", &action.replace("&amp;", "&"), Some(&body))?;
                continue;
            }
            let target = answer.header("location").unwrap_or_default().to_owned();
            match self.own_path(&target) {
                Some(path) => answer = self.ask("GET", &path, None)?,
                None if target.is_empty() => return answer.expect(302),
                None => return Ok(answer),
            }
        }
        Err("the login redirects in a circle".to_owned())
    }

    fn own_path(&self, target: &str) -> Option<String> {
        let own = format!("http://localhost:{}", self.port);
        let path = target.strip_prefix(&own).unwrap_or(target);
        path.starts_with('/').then(|| path.to_owned())
    }

    fn ask(&mut self, method: &str, path: &str, body: Option<&str>) -> Result<Answer, String> {
        let headers = [self.cookie_header(), format!("Origin: http://localhost:{}", self.port)];
        let headers = if method == "GET" { &headers[..1] } else { &headers[..] };
        self.connection.send(&request(self.port, &format!("{method} {path}"), headers, body))?;
        let answer = self.connection.receive()?;
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(value, _)| value)
}
