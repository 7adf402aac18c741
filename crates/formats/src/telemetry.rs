//! Answers of the systems that keep measurements: Prometheus and MLflow. Nothing is fetched here.

mod inquiry;
pub(crate) mod mlflow;
pub(crate) mod prometheus;
