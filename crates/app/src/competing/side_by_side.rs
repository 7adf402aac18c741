//! Several pieces of work at once, on one thread.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Does all of the work side by side; the results in the order of the work.
pub(super) async fn side_by_side<F: Future>(works: Vec<F>) -> Vec<F::Output> {
    let mut works: Vec<Work<F>> = works
        .into_iter()
        .map(|work| Work::UnderWay(Box::pin(work)))
        .collect();
    poll_fn(|context| {
        let mut is_all_done = true;
        for work in &mut works {
            if let Work::UnderWay(running) = work {
                match running.as_mut().poll(context) {
                    Poll::Ready(result) => *work = Work::Done(result),
                    Poll::Pending => is_all_done = false,
                }
            }
        }
        if is_all_done {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    works.into_iter().filter_map(Work::result).collect()
}

enum Work<F: Future> {
    UnderWay(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Work<F> {
    fn result(self) -> Option<F::Output> {
        match self {
            Work::Done(result) => Some(result),
            Work::UnderWay(_) => None,
        }
    }
}
