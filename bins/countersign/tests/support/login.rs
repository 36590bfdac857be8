use std::collections::BTreeMap;

use crate::form::Form;
use crate::http::{Client, Request, Response};

/// A browser that may lose its server: its cookies, and how it comes to a code.
pub struct Browser {
    pub client: Client,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(client: Client) -> Self {
        Self { client, cookies: BTreeMap::new() }
    }

    /// Goes from an authorization request to its callback, and logs in where it is asked to; answers the
    /// callback's parameters.
    ///
    /// # Errors
    /// When the server is away, or answers neither with a callback nor with a login form that takes this.
    pub fn authorize(
        &mut self,
        url: &str,
        email: &str,
        password: &str,
    ) -> Result<BTreeMap<String, String>, Lost> {
        let page = self.send(Request::get(url))?;
        if let Some(found) = callback(&page) {
            return heard(found, page);
        }
        let Some(form) = Form::find(&page.body) else { return Err(Lost::Refused(page)) };
        let base = url.split("/authorize").next().unwrap();
        let typed = form.filled(&[("username", email), ("password", password)], "default");
        let post = Request::post_form(format!("{base}{}", form.action), &typed);
        let answer = self.send(post.header("origin", base).header("sec-fetch-site", "same-origin"))?;
        match callback(&answer) {
            Some(found) => heard(found, answer),
            None => Err(Lost::Refused(answer)),
        }
    }

    fn send(&mut self, request: Request) -> Result<Response, Lost> {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if pairs.is_empty() { request } else { request.header("cookie", &pairs.join("; ")) };
        let response = self.client.try_send(&request).map_err(Lost::Away)?;
        for line in response.all("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

/// Why there is no callback.
#[derive(Debug)]
pub enum Lost {
    /// The server is away.
    Away(String),
    /// It answered something else.
    Refused(Response),
}

/// A callback that says that the server is busy, or its database away, says nothing.
fn heard(found: BTreeMap<String, String>, answer: Response) -> Result<BTreeMap<String, String>, Lost> {
    match found.get("error").map(String::as_str) {
        Some("temporarily_unavailable") => Err(Lost::Away(format!("{answer:?}"))),
        _ => Ok(found),
    }
}

fn callback(response: &Response) -> Option<BTreeMap<String, String>> {
    let (_, query) = response.header("location")?.split_once(['?', '#'])?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    Some(pairs.into_iter().collect())
}
