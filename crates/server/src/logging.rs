use std::io::IsTerminal;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt};

use crate::Failure;
use crate::config::{LogFormat, LogSettings, setting};

/// Sends log lines to standard error from now on: one line per event.
///
/// # Errors
/// A level that is none, or a subscriber that was there before.
pub(crate) fn start(settings: &LogSettings) -> Result<(), Failure> {
    let text = match settings.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if text {
        lines.with_target(false).boxed()
    } else {
        lines.with_ansi(false).json().flatten_event(true).boxed()
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter(&settings.level)?));
    subscriber.try_init().map_err(|error| Failure::new(format!("logging cannot start: {error}")))?;
    log_panics();
    Ok(())
}

/// The wanted level, and for crates that are not ours never more than `warn`: their lines may hold request
/// bodies and headers.
fn filter<S: Subscriber>(
    level: &str,
) -> Result<impl tracing_subscriber::layer::Filter<S> + 'static, Failure> {
    use tracing_subscriber::filter::FilterExt as _;
    let wanted = EnvFilter::builder()
        .parse(level)
        .map_err(|error| Failure::of(setting::LOG_LEVEL.key, format!("`{level}` is no level: {error}")))?;
    Ok(wanted.and(filter_fn(may_be_logged)))
}

fn may_be_logged(event: &Metadata<'_>) -> bool {
    event.target().starts_with("countersign") || *event.level() <= Level::WARN
}

/// A panic is a line like any other, without its message, which may quote what it met.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: this is a defect of ours");
    }));
}
