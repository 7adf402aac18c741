import { render } from "solid-js/web";
import { App } from "./app";
import { listen } from "./live";
import "./style.css";

const root = document.getElementById("dashboard");
if (root === null) throw new Error("the page has no place for the dashboard");
listen();
render(() => <App />, root);
