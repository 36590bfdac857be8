use super::{Callback, Response, unescape};

impl Response {
    /// Fails unless it is a page of ours with the headers that every one has: kept by no cache, in no frame,
    /// loading nothing but our own.
    pub fn expect_page(self, status: u16) -> Self {
        let page = self.expect(status);
        assert_eq!(page.header("location"), None, "{page:?}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let policy = page.header("content-security-policy").unwrap();
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.split(';').any(|known| known.trim() == directive), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        page
    }

    /// Fails unless it is our error page with this code, and sets no cookie.
    pub fn expect_error_code(self, status: u16, code: &str) -> Self {
        let page = self.expect_page(status);
        assert_eq!(page.marked("data-error-code=\"", "\""), code);
        assert!(page.all("set-cookie").is_empty(), "{page:?}");
        page
    }

    /// The same with exactly this text.
    pub fn expect_error_page(self, status: u16, code: &str, description: &str) -> Self {
        let page = self.expect_error_code(status, code);
        assert_eq!(
            page.marked("id=\"error-description\" class=\"description\"><bdi>", "</bdi>"),
            description
        );
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
