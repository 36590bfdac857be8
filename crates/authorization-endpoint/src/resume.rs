use countersign_oauth::RequestContext;

use crate::Browser;

/// The answer to a question page: consent or confirmation.
#[derive(Debug)]
pub struct QuestionSubmission {
    /// The sealed transaction.
    pub transaction: String,
    /// Whether the user said yes.
    pub accepted: bool,
    /// Cookies.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}
