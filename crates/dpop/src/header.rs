use crate::DpopError;

/// The value of the one `DPoP` header; `None` without one (RFC 9449 §4.3, check 1).
///
/// # Errors
/// [`DpopError::SeveralHeaders`] for more than one, equal or not.
pub fn single_header(headers: &[String]) -> Result<Option<&str>, DpopError> {
    match headers {
        [] => Ok(None),
        [header] => Ok(Some(header)),
        _ => Err(DpopError::SeveralHeaders),
    }
}
