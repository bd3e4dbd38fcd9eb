
// What is under way, as the server tells it.
(() => {
"use strict";
const { make, $, explore, short } = window.cenet;
const list = $("live-list"), status = $("live-state");
const svg = (name, attributes, text) => {
	const e = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
	if (text !== undefined) e.textContent = text;
	return e;
};
const nice = (x) => {
	const unit = 10 ** Math.floor(Math.log10(x));
	return [1, 2, 5, 10].map((m) => m * unit).find((m) => m >= x * (1 - 1e-9));
};
const chart = (c, what, label, id) => {
	const W = 460, H = 240, left = 52, top = 12, width = W - left - 12, height = H - top - 44;
	const values = c.lines.flatMap((l) => l[what]).filter((v) => v !== null);
	if (!values.length) return make("p", label + ": nothing yet", "note");
	let lo = Math.min(...values), hi = Math.max(...values);
	const step = nice(Math.max((hi - lo) / 4, Math.abs(hi) * 0.005, 1e-6));
	lo = Math.floor(lo / step) * step;
	hi = Math.max(Math.ceil(hi / step) * step, lo + step);
	const xmin = 1, xmax = Math.max(2, c.epochs);
	const x = (v) => left + width * (v - xmin) / (xmax - xmin), y = (v) => top + height * (hi - v) / (hi - lo);
	const told = c.lines.map((l) => "seed " + l.seed + ", " + l.state + ": " + short(l[what].at(-1)) + " at epoch " + l.epoch.at(-1)).join("; ");
	const plot = svg("svg", { class: "plot", viewBox: `0 0 ${W} ${H}`, role: "img", tabindex: 0, "aria-labelledby": id + "-t " + id + "-d" });
	plot.append(svg("title", { id: id + "-t" }, c.name + ": " + label), svg("desc", { id: id + "-d" }, told));
	const grid = svg("g", { class: "grid" });
	let d = "";
	const xstep = Math.max(1, nice((xmax - xmin) / 6));
	for (let v = lo; v <= hi + step / 1e3; v += step) {
		d += `M${left} ${y(v)}H${left + width}`;
		plot.append(svg("text", { class: "tick-label", "text-anchor": "end", x: left - 7, y: y(v) + 4 }, short(Number(v.toPrecision(10)))));
	}
	for (let v = Math.ceil(xmin / xstep) * xstep; v <= xmax; v += xstep) {
		d += `M${x(v)} ${top}V${top + height}`;
		plot.append(svg("text", { class: "tick-label", "text-anchor": "middle", x: x(v), y: top + height + 17 }, String(v)));
	}
	grid.append(svg("path", { d }));
	plot.prepend(grid);
	plot.append(svg("text", { "text-anchor": "middle", x: left + width / 2, y: H - 8 }, "epoch"),
		svg("text", { "text-anchor": "middle", transform: `translate(13 ${top + height / 2})rotate(-90)` }, label));
	const data = { x: "epoch", y: label, range: [xmin, xmax, lo, hi], box: [left, top, width, height], traces: [] };
	const rank = { finished: 0, begun: 1, running: 2 };
	for (const l of [...c.lines].sort((a, b) => rank[a.state] - rank[b.state])) {
		const points = l.epoch.map((e, i) => [e, l[what][i]]).filter((p) => p[1] !== null);
		if (!points.length) continue;
		const g = svg("g", { class: "run-" + l.state });
		g.append(svg("path", { class: "ln", d: points.map((p, i) => (i ? "L" : "M") + x(p[0]).toFixed(1) + " " + y(p[1]).toFixed(1)).join("") }));
		const end = points.at(-1);
		g.append(svg("circle", { class: "mk", r: l.state === "finished" ? 2 : 3.5, cx: x(end[0]), cy: y(end[1]) }));
		plot.append(g);
		data.traces.push({ label: "seed " + l.seed + ", " + l.state, at: points.map((p) => p[0]), of: points.map((p) => p[1]) });
	}
	plot.append(svg("circle", { class: "spot", r: 6, visibility: "hidden" }));
	if (data.traces.length) explore(plot, data);
	return plot;
};
const show = (run, index) => {
	const box = make("article", undefined, "run");
	const head = make("h3", run.title || run.name);
	head.id = "run-" + index;
	box.setAttribute("aria-labelledby", head.id);
	box.dataset.name = run.name;
	box.dataset.state = run.state;
	const parts = [run.state + ": " + run.finished + " of " + run.total + " trials finished"];
	for (const [n, what] of [[run.running, "in training"], [run.failed, "failed"], [run.begun, "begun and left"], [run.missing, "to come"]]) if (n) parts.push(n + " " + what);
	if (run.left) parts.push(run.left + " left");
	const bar = make("progress");
	bar.max = 1;
	bar.value = run.share;
	bar.setAttribute("aria-label", "epochs done");
	const command = make("p", undefined, "note");
	command.append(make("code", run.command));
	box.append(head, make("p", parts.join(", "), "counts"), bar, command);
	if (run.trials.length) {
		const scroll = make("div", undefined, "scroll"), table = make("table", undefined, "trials");
		scroll.tabIndex = 0;
		scroll.setAttribute("role", "region");
		scroll.setAttribute("aria-label", "Trials of " + run.name);
		const row = (cells, name) => { const r = make("tr"); r.append(...cells.map((c) => make(name, c, "text"))); return r; };
		const thead = make("thead"), tbody = make("tbody");
		thead.append(row(["Trial", "Epoch", "Process", "Device"], "th"));
		tbody.append(...run.trials.map((t) => row([t.name, t.epoch + " of " + t.epochs, t.where, t.device], "td")));
		table.append(thead, tbody);
		scroll.append(table);
		box.append(scroll);
	}
	if (run.failures.length) {
		const failures = make("ul", undefined, "failures no");
		failures.append(...run.failures.map((f) => make("li", "failed: " + f.name + ": " + f.text)));
		box.append(failures);
	}
	run.cases.forEach((c, k) => {
		const figure = make("figure");
		figure.append(make("figcaption", c.name + (c.more ? " (" + c.more + " more finished seeds)" : "")));
		const panels = make("div", undefined, "panels");
		for (const [what, label] of [["loss", "training loss"], ["top1", "test top-1 accuracy (%)"]]) {
			const panel = make("div", undefined, "panel");
			panel.append(chart(c, what, label, "run-" + index + "-" + k + "-" + what));
			panels.append(panel);
		}
		figure.append(panels);
		box.append(figure);
	});
	return box;
};
let tables = null;
const events = new EventSource("events");
events.addEventListener("message", (e) => {
	const told = JSON.parse(e.data);
	const focus = document.activeElement && list.contains(document.activeElement) ? [...list.querySelectorAll("[tabindex]")].indexOf(document.activeElement) : -1;
	list.replaceChildren(...told.runs.map(show));
	if (focus >= 0) list.querySelectorAll("[tabindex]")[focus]?.focus({ preventScroll: true });
	const busy = told.runs.filter((r) => r.state === "running").length;
	status.textContent = busy ? busy + (busy === 1 ? " experiment is" : " experiments are") + " running." : "Nothing is in training.";
	tables ??= told.results;
	if (tables !== told.results && !$("live-reload")) {
		const reload = make("button", "The tables have changed: show them");
		reload.id = "live-reload";
		reload.addEventListener("click", () => location.reload());
		status.after(reload);
	}
});
events.addEventListener("error", () => { status.textContent = "The server does not answer: what is shown may be old."; });
})();
