//! Answers of the systems that keep measurements: Prometheus and MLflow. Nothing is fetched here.
