"use strict";
(() => {
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const make = (name, text, className) => {
	const e = document.createElement(name);
	if (text !== undefined) e.textContent = text;
	if (className) e.className = className;
	return e;
};
root.classList.add("scripted");

// Theme: that of the system, light or dark, kept where the browser lets us.
const themes = ["system", "light", "dark"];
const button = $("theme");
const remember = (theme) => { try { if (theme) localStorage.setItem("theme", theme); return localStorage.getItem("theme"); } catch { return null; } };
const setTheme = (theme) => {
	if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
	button.textContent = "Theme: " + theme;
};
let theme = themes.includes(remember()) ? remember() : "system";
setTheme(theme);
button.hidden = false;
button.addEventListener("click", () => {
	theme = themes[(themes.indexOf(theme) + 1) % themes.length];
	setTheme(theme);
	remember(theme);
});

// Contents: folded on a narrow page, and the section in view is marked on a wide one.
const contents = document.querySelector("#contents details");
if (matchMedia("(max-width: 69.99rem)").matches) contents.open = false;
contents.addEventListener("click", (e) => { if (e.target.closest("a") && matchMedia("(max-width: 69.99rem)").matches) contents.open = false; });
const links = new Map([...document.querySelectorAll("#contents a")].map((a) => [a.hash.slice(1), a]));
const inView = new Set();
let jumped = ""; // the section that a link led to: it is marked, although it need not come to the top, until the reader scrolls
const mark = () => {
	const current = links.has(jumped) ? jumped : [...links.keys()].find((id) => inView.has(id));
	for (const [id, a] of links) if (id === current) a.setAttribute("aria-current", "location"); else a.removeAttribute("aria-current");
};
const jump = () => { jumped = location.hash.slice(1); mark(); };
addEventListener("hashchange", jump);
contents.addEventListener("click", (e) => { const a = e.target.closest("a"); if (a) { jumped = a.hash.slice(1); mark(); } }); // the same section again changes no hash
for (const scrolling of ["wheel", "touchmove", "keydown"]) addEventListener(scrolling, () => { if (jumped) { jumped = ""; mark(); } }, { passive: true });
const seen = new IntersectionObserver((entries) => {
	for (const e of entries) if (e.isIntersecting) inView.add(e.target.id); else inView.delete(e.target.id);
	mark();
}, { rootMargin: "0px 0px -75% 0px" });
jump();
for (const s of document.querySelectorAll("main > section")) seen.observe(s);

// Claims by verdict and group. Cases go with the claim above them.
const filter = $("filter");
if (filter) {
	filter.hidden = false;
	const topics = [...document.querySelectorAll(".topic")];
	const apply = () => {
		const verdicts = new Set([...filter.querySelectorAll("input:checked")].map((i) => i.value));
		const group = filter.elements.group.value;
		let shown = 0, all = 0;
		for (const t of topics) {
			let here = 0, visible = false;
			for (const row of t.querySelectorAll("tbody tr")) {
				const verdict = row.dataset.verdict;
				if (!row.classList.contains("case")) {
					all++;
					visible = verdicts.has(verdict) && (!group || t.dataset.group === group);
					if (visible) here++;
				}
				row.hidden = !visible;
			}
			t.hidden = (group && t.dataset.group !== group) || (here === 0 && t.querySelector("tbody"));
			shown += here;
		}
		$("filtered").textContent = shown + " of " + all + " claims";
	};
	filter.addEventListener("input", apply);
	filter.addEventListener("submit", (e) => e.preventDefault());
	apply();
}

// Tables: sorted by a column, by its figures where it has some; the third time as they were. A click costs no layout of rows that nobody sees.
const rest = JSON.parse($("rows").textContent) || {};
const figure = /^[<>≈~]?\s*([+−-]?[\d.][\d,.]*(?:e[+−-]?\d+)?)/i;
const value = (text) => {
	text = text.trim();
	if (text === "" || text === "–") return null;
	const found = figure.exec(text);
	if (!found) return text;
	const x = Number(found[1].replaceAll("−", "-").replaceAll(/,(?=\d{3})/g, ""));
	return Number.isNaN(x) ? text : x;
};
const words = new Intl.Collator("en", { numeric: true });
const order = (a, b) => typeof a === "number" ? (typeof b === "number" ? a - b : -1) : typeof b === "number" ? 1 : words.compare(a, b);
const unfolded = 12;
for (const table of document.querySelectorAll("table.data")) {
	const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
	let rows = null; // {cells, at}; elements are made when they are shown
	const load = () => rows ??= [...[...body.rows].map((row, at) => ({ row, at, cells: [...row.cells].map((c) => c.textContent) })),
		...(rest[table.id] || []).map((cells, i) => ({ row: null, at: body.rows.length + i, cells }))];
	const element = (r) => {
		if (!r.row) {
			r.row = make("tr");
			r.cells.forEach((text, i) => r.row.append(make("td", text, heads[i].className)));
		}
		return r.row;
	};
	const extra = (rest[table.id] || []).length;
	let whole = !table.classList.contains("folded");
	const show = () => {
		load();
		table.classList.toggle("folded", !whole);
		body.replaceChildren(...(whole ? rows : rows.slice(0, extra ? unfolded : rows.length)).map(element));
	};
	if (!whole) {
		const all = table.rows.length - 1 + extra;
		const more = make("button", "Show all " + all + " rows", "unfold");
		more.setAttribute("aria-expanded", "false");
		more.setAttribute("aria-controls", table.id);
		more.addEventListener("click", () => {
			whole = !whole;
			show();
			more.setAttribute("aria-expanded", String(whole));
			more.textContent = whole ? "Show fewer rows" : "Show all " + all + " rows";
		});
		table.parentElement.after(more);
		if (extra) show();
	}
	heads.forEach((head, column) => {
		const by = make("button", head.textContent);
		head.replaceChildren(by);
		by.addEventListener("click", () => {
			load();
			const was = head.getAttribute("aria-sort");
			for (const h of heads) h.removeAttribute("aria-sort");
			const now = was === null ? "ascending" : was === "ascending" ? "descending" : null;
			if (now) head.setAttribute("aria-sort", now);
			const sign = now === "descending" ? -1 : 1;
			const keyed = rows.map((r) => [now ? value(r.cells[column]) : r.at, r]);
			keyed.sort(([a, x], [b, y]) => (a === null) - (b === null) || (a === null ? 0 : sign * order(a, b)) || x.at - y.at);
			rows = keyed.map((k) => k[1]);
			show();
		});
	});
}

// Figures: the point nearest to the pointer, or chosen with the arrow keys, with its seeds.
const tip = $("tip");
const short = (x) => {
	if (x === null || x === undefined) return "–";
	const a = Math.abs(x);
	return (a !== 0 && (a < 1e-3 || a >= 1e6) ? x.toExponential(2) : String(Number(x.toPrecision(5)))).replace("-", "−");
};
const place = (svg, at) => {
	const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
	const x = box.left + at[0] * scale, y = box.top + at[1] * scale;
	tip.hidden = false;
	const { width, height } = tip.getBoundingClientRect();
	tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 4)) + "px";
	tip.style.top = (y + 18 + height < innerHeight ? y + 18 : Math.max(4, y - height - 12)) + "px";
};
const explore = (svg, data) => {
	const [xmin, xmax, ymin, ymax] = data.range, [left, top, width, height] = data.box;
	const log = (v, is) => is ? Math.log10(v) : v;
	const inside = (v, lo, hi) => Math.max(lo, Math.min(hi, v));
	const spot = svg.querySelector(".spot");
	const at = (t, i) => {
		const [x, y] = data.rows ? [t.of[i], t.at[i]] : [t.at[i] === 0 && data.zerox !== undefined ? data.zerox : log(t.at[i], data.logx), log(t.of[i], data.logy)];
		return [left + width * (inside(x, xmin, xmax) - xmin) / (xmax - xmin), top + height * (ymax - inside(y, ymin, ymax)) / (ymax - ymin)];
	};
	let chosen = [0, 0];
	const hide = () => { tip.hidden = true; spot.setAttribute("visibility", "hidden"); };
	const tell = (lines, where) => {
		tip.replaceChildren(...lines.filter(Boolean).map((l, i) => make(i ? "span" : "b", l)));
		spot.setAttribute("cx", where[0]);
		spot.setAttribute("cy", where[1]);
		spot.setAttribute("visibility", "visible");
		place(svg, where);
	};
	const choose = (k, i) => {
		chosen = [k, i];
		const t = data.traces[k];
		const band = t.lo && t.lo[i] !== null && t.hi[i] !== null ? " (95 % interval " + short(t.lo[i]) + " to " + short(t.hi[i]) + ")" : "";
		const seeds = t.seeds && t.seeds[i] ? t.seeds[i].map(([seed, value]) => "seed " + seed + ": " + short(value)) : [];
		const many = t.count && t.count[i] > seeds.length;
		const name = (t.names && t.names[i]) || t.label;
		tell([
			name || data.y,
			data.x ? data.x + " " + short(t.at[i]) : "",
			(data.y || "value") + ": " + short(t.of[i]) + band,
			many ? t.count[i] + " seeds, from " + seeds.join(" to ") : seeds.join(", "),
		], at(t, i));
	};
	const nearestIn = (list, v) => list.reduce((best, x, i) => Math.abs(x - v) < Math.abs(list[best] - v) ? i : best, 0);
	const cell = (i, j) => {
		chosen = [i, j];
		const f = data.field;
		tell([data.x + " " + short(f.x[i]) + ", " + data.y + " " + short(f.y[j]), "value: " + short(f.values[i][j])],
			[left + width * (f.x[i] - xmin) / (xmax - xmin), top + height * (ymax - f.y[j]) / (ymax - ymin)]);
	};
	svg.addEventListener("pointermove", (e) => {
		const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
		const px = (e.clientX - box.left) * scale, py = (e.clientY - box.top) * scale;
		if (data.field) {
			cell(nearestIn(data.field.x, xmin + (px - left) / width * (xmax - xmin)), nearestIn(data.field.y, ymax - (py - top) / height * (ymax - ymin)));
			return;
		}
		let best = null, least = 40 * 40;
		data.traces.forEach((t, k) => t.at.forEach((_, i) => {
			const [x, y] = at(t, i), d = (x - px) ** 2 + (y - py) ** 2;
			if (d < least) [best, least] = [[k, i], d];
		}));
		if (best) choose(...best); else hide();
	});
	svg.addEventListener("pointerleave", hide);
	svg.addEventListener("blur", hide);
	svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) data.field ? cell(...chosen) : choose(...chosen); });
	svg.addEventListener("keydown", (e) => {
		const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
		if (e.key === "Escape") hide();
		if (e.key === "Home") { e.preventDefault(); data.field ? cell(0, 0) : choose(0, 0); }
		if (!step) return;
		e.preventDefault();
		if (data.field) {
			cell(inside(chosen[0] + step[1], 0, data.field.x.length - 1), inside(chosen[1] - step[0], 0, data.field.y.length - 1));
			return;
		}
		const single = data.traces.every((t) => t.at.length === 1); // then both pairs of keys go from one to the next
		const k = inside(chosen[0] + (single ? step[0] || step[1] : step[0]), 0, data.traces.length - 1);
		choose(k, inside(chosen[1] + (single ? 0 : step[1]), 0, data.traces[k].at.length - 1));
	});
};
const plots = JSON.parse($("plots").textContent) || {};
for (const [id, data] of Object.entries(plots)) {
	if (data.field || (data.traces && data.traces.length)) explore($(id), data);
}

// A link into a folded part opens it.
const unfold = () => {
	const target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
	if (target) for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
};
addEventListener("hashchange", unfold);
unfold();
let folded = [];
addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; for (const d of folded) d.open = true; });
addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
window.cenet = { make, $, explore, short };
})();
