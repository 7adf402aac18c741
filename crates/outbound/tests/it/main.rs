//! What outbound does with the real servers: they are started here, on loopback, and ended here.

mod mlflow;
mod prometheus;
mod server;
