use countersign_oauth::Fault;

/// Turns a library's error into a fault that says what was being done.
pub(crate) fn fault<E>(context: &'static str) -> impl FnOnce(E) -> Fault
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |error| Fault::internal(context).caused_by(error)
}
