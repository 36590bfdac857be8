use super::{Callback, Response, unescape};

impl Response {
    /// Fails unless it is our error page with exactly this text.
    pub fn expect_refused_page(self, status: u16, code: &str, description: &str) -> Self {
        let page = self.expect_error_page(status, code, description);
        assert_eq!(page.marked("id=\"error-description\" class=\"description\"><bdi>", "</bdi>"), description);
        page
    }

    /// Fails unless it sends the browser, by GET, to where `callback` begins; answers what it says there.
    pub fn expect_callback(&self, callback: &str) -> Callback {
        assert!(matches!(self.status, 302 | 303), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.body, "");
        let location = self.header("location").unwrap();
        assert!(location.starts_with(callback), "{location}");
        Callback::parse(location)
    }

    /// Fails unless it sends this refusal, this state and nothing else to the callback.
    pub fn expect_callback_error(&self, callback: &str, code: &str, description: &str, state: &str) {
        let sent = self.expect_callback(callback);
        let expected = [("error", code), ("error_description", description), ("state", state)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(sent.parameters, expected.into_iter().collect());
    }

    /// The text between two marks of a page.
    pub fn marked(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {self:?}"));
        unescape(rest.split_once(after).unwrap().0)
    }
}
