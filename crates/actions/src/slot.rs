use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A place for one value that a future waits for; of several who fill it the first counts.
pub(crate) struct Slot<T>(Arc<Mutex<State<T>>>);

/// Waits for a [`Slot`] to be filled. When it is dropped, nobody waits any more.
pub(crate) struct Filled<T>(Arc<Mutex<State<T>>>);

enum State<T> {
    Waiting(Option<Waker>),
    Sent(T),
    /// Taken, or nobody waits.
    Done,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// An empty slot, and the future that ends when it is filled.
pub(crate) fn slot<T>() -> (Slot<T>, Filled<T>) {
    let state = Arc::new(Mutex::new(State::Waiting(None)));
    (Slot(Arc::clone(&state)), Filled(state))
}

impl<T> Slot<T> {
    /// Fills it, unless somebody has.
    pub(crate) fn fill(&self, value: T) {
        let mut state = lock(&self.0);
        if let State::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Sent(value);
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Whether nobody waits for a value any more.
    pub(crate) fn is_done(&self) -> bool {
        !matches!(*lock(&self.0), State::Waiting(_))
    }
}

impl<T> Future for Filled<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = lock(&self.0);
        match std::mem::replace(&mut *state, State::Done) {
            State::Sent(value) => Poll::Ready(value),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Done => Poll::Pending,
        }
    }
}

impl<T> Drop for Filled<T> {
    fn drop(&mut self) {
        *lock(&self.0) = State::Done;
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
