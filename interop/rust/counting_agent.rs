//! The agent that `./millrace bench a2a` measures on a2a-rust: it says what the other servers' agents say.
//!
//! `count` with a number in the message's metadata (`words`) is answered by so many pieces of one artifact, anything else
//! by one artifact. Built as a second program of a2a-rust's own `echo-agent`, and so with its profile and its lock file.
//!
//! Its limits are lifted as far as its settings allow, so that it is measured at its best: with 256 events for a slow
//! reader (its default) it loses some of 502, and with 10,000 tasks (its default) it sorts all of them for each new one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_protocol_server::builder::RequestHandlerBuilder;
use a2a_protocol_server::dispatch::JsonRpcDispatcher;
use a2a_protocol_server::executor::AgentExecutor;
use a2a_protocol_server::request_context::RequestContext;
use a2a_protocol_server::store::TaskStoreConfig;
use a2a_protocol_server::streaming::EventQueueWriter;
use a2a_protocol_types::artifact::Artifact;
use a2a_protocol_types::error::A2aResult;
use a2a_protocol_types::events::{StreamResponse, TaskArtifactUpdateEvent, TaskStatusUpdateEvent};
use a2a_protocol_types::message::{Part, PartContent};
use a2a_protocol_types::task::{ContextId, TaskState, TaskStatus};

struct CountingAgent;

impl AgentExecutor for CountingAgent {
    fn execute<'a>(
        &'a self,
        ctx: &'a RequestContext,
        queue: &'a dyn EventQueueWriter,
    ) -> Pin<Box<dyn Future<Output = A2aResult<()>> + Send + 'a>> {
        Box::pin(async move {
            queue.write(status(ctx, TaskState::Working)).await?;
            let text = ctx
                .message
                .parts
                .iter()
                .find_map(|part| match &part.content {
                    PartContent::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .unwrap_or("");
            let words = ctx
                .message
                .metadata
                .as_ref()
                .and_then(|metadata| metadata.get("words"))
                .and_then(serde_json::Value::as_u64);
            match words {
                Some(words) => {
                    for word in 1..=words {
                        let piece = if word < words {
                            format!("{word} ")
                        } else {
                            word.to_string()
                        };
                        queue
                            .write(piece_of_answer(ctx, &piece, word > 1, word == words))
                            .await?;
                    }
                }
                None => {
                    let answer = format!("Echo: {text}");
                    queue.write(piece_of_answer(ctx, &answer, false, true)).await?;
                }
            }
            queue.write(status(ctx, TaskState::Completed)).await
        })
    }
}

fn status(ctx: &RequestContext, state: TaskState) -> StreamResponse {
    StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
        task_id: ctx.task_id.clone(),
        context_id: ContextId::new(ctx.context_id.clone()),
        status: TaskStatus::new(state),
        metadata: None,
    })
}

fn piece_of_answer(ctx: &RequestContext, text: &str, append: bool, last: bool) -> StreamResponse {
    StreamResponse::ArtifactUpdate(TaskArtifactUpdateEvent {
        task_id: ctx.task_id.clone(),
        context_id: ContextId::new(ctx.context_id.clone()),
        artifact: Artifact::new("answer", vec![Part::text(text)]),
        append: Some(append),
        last_chunk: Some(last),
        metadata: None,
    })
}

#[tokio::main]
async fn main() {
    let handler = RequestHandlerBuilder::new(CountingAgent)
        .with_event_queue_capacity(4096)
        .with_task_store_config(TaskStoreConfig {
            max_capacity: None,
            task_ttl: None,
            ..TaskStoreConfig::default()
        })
        .build()
        .expect("the handler's settings are valid");
    let dispatcher = Arc::new(JsonRpcDispatcher::new(Arc::new(handler)));
    let address = std::env::var("A2A_BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:0".into());
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .unwrap_or_else(|e| panic!("{address}: {e}"));
    println!(
        "http://{}",
        listener.local_addr().expect("a bound socket has an address")
    );
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let dispatcher = Arc::clone(&dispatcher);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| {
                let dispatcher = Arc::clone(&dispatcher);
                async move { Ok::<_, std::convert::Infallible>(dispatcher.dispatch(request).await) }
            });
            let _ = hyper_util::server::conn::auto::Builder::new(
                hyper_util::rt::TokioExecutor::new(),
            )
            .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
            .await;
        });
    }
}
