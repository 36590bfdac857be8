use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_oauth::{Clock, Seconds};
use countersign_storage::Storage;

use crate::StoreCheck;

/// How often the store is asked whether it works.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// How often expired rows are removed.
const EVERY: Duration = Duration::from_secs(60);
/// How long they are kept after their end, so that a refusal can still say what there was.
const KEPT: Seconds = Seconds(24 * 3600);
/// How many rows of a kind go at once: no longer than a request waits.
const BATCH: u32 = 500;
/// How many batches one round has at most.
const ROUNDS: u32 = 100;

/// Removes what has ended, batch by batch, as long as it is polled.
pub(crate) async fn sweep(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let before = clock.now().minus(KEPT);
        for _ in 0..ROUNDS {
            match storage.sweep(before, BATCH).await {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "expired rows removed"),
                Err(fault) => {
                    tracing::warn!(%fault, "expired rows could not be removed");
                    break;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps `works` as the store says, as long as it is polled.
pub(crate) async fn watch_store(check: StoreCheck, works: Arc<AtomicBool>) {
    loop {
        let checked = check().await;
        let before = works.swap(checked.is_ok(), Ordering::SeqCst);
        match checked {
            Ok(()) if !before => tracing::info!("the store works again"),
            Err(fault) if before => tracing::error!(%fault, "the store does not work: no longer ready"),
            Ok(()) | Err(_) => {}
        }
        tokio::time::sleep(CHECK_EVERY).await;
    }
}
