use std::error::Error;

use countersign_oauth::FetchError;

use crate::resolver::NoneMayBeCalled;

/// What a failed call means. The library's own text is dropped: it may hold the URL, and the URL a token.
pub(crate) fn classify(error: &reqwest::Error) -> FetchError {
    let is_ours = causes(error).any(|cause| cause.is::<NoneMayBeCalled>());
    let is_tls = causes(error).any(|cause| cause.is::<native_tls::Error>());
    if is_ours {
        FetchError::PrivateAddress
    } else if error.is_timeout() {
        FetchError::TimedOut
    } else if is_tls {
        FetchError::Tls
    } else if error.is_connect() {
        FetchError::Unreachable
    } else {
        FetchError::Broken
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}
