// SPDX-License-Identifier: Apache-2.0
//
// Drawing: elements, scales and axes. A chart is an SVG as wide as its place, one unit a pixel;
// it is drawn anew when the place changes its width. Text goes in as text, never as markup.
'use strict';

// An empty drawing in the page tells the name of its language, so that no address stands here.
const SVG = document.getElementById('seed').namespaceURI;

function make(name, attributes, ...inside) {
	const node = document.createElement(name);
	fill(node, attributes, inside);
	return node;
}

function draw(name, attributes, ...inside) {
	const node = document.createElementNS(SVG, name);
	fill(node, attributes, inside);
	return node;
}

function fill(node, attributes, inside) {
	for (const [name, value] of Object.entries(attributes || {}))
		node.setAttribute(name, typeof value === 'number' ? Math.round(value * 100) / 100 : value);
	node.append(...inside.filter((part) => part !== null && part !== undefined));
}

function label(x, y, text, attributes) {
	return draw('text', {x, y, ...attributes}, text);
}

let ruler = null; // a canvas that measures text

function textWidth(text, size) {
	ruler = ruler || document.createElement('canvas').getContext('2d');
	ruler.font = (size || 12) + 'px ' + getComputedStyle(document.body).fontFamily;
	return ruler.measureText(text).width;
}

// ---- Scales: a function from a value to a place, with its ticks

function linear(from, to, start, end) {
	const scale = (value) => start + (value - from) / (to - from || 1) * (end - start);
	scale.ticks = (count) => niceTicks(from, to, count);
	return scale;
}

// Round steps of 1, 2, 2.5 or 5 times a power of ten, at most `count` of them.
function niceTicks(from, to, count) {
	const rough = (to - from) / Math.max(1, count);
	const power = 10 ** Math.floor(Math.log10(rough || 1));
	const step = [1, 2, 2.5, 5, 10].map((times) => times * power)
		.find((candidate) => candidate >= rough * 0.999);
	const ticks = [];
	for (let i = Math.ceil(from / step - 1e-9); i * step <= to * 1.0001; i++)
		ticks.push(i * step || 0); // no minus before zero
	return ticks;
}

const DURATIONS = [1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];

// Seconds on a logarithm; all below one second lies at its start.
function logTime(longest, start, end) {
	const top = Math.log10(Math.max(10, longest));
	const scale = (seconds) => start + Math.log10(Math.max(1, seconds)) / top * (end - start);
	scale.invert = (place) => 10 ** ((place - start) / (end - start) * top);
	// Ticks that have room; the last on the left is the second.
	scale.ticks = () => {
		let last = -Infinity;
		return DURATIONS.filter((seconds) => {
			const place = scale(seconds);
			const keep = place <= end + 1 && place - last >= 44;
			if (keep)
				last = place;
			return keep;
		});
	};
	return scale;
}

function tickDuration(seconds) {
	return seconds === 1 ? '≤ 1 s' : durationText(seconds).replace('60 min', '1 h')
		.replace('60 s', '1 min').replace('600 s', '10 min').replace('24 h', '1 d');
}

// ---- A frame: an SVG with margins and a plot inside

function frame(width, height, margin, title) {
	const svg = draw('svg', {
		viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
		role: 'img', 'aria-label': title, class: 'plot',
	});
	return {
		svg, width, height,
		left: margin.left, right: width - margin.right,
		top: margin.top, bottom: height - margin.bottom,
	};
}

// `over`: the lines lie on filled areas.
function axisLeft(plot, scale, ticks, text, over) {
	for (const tick of ticks) {
		const y = Math.round(scale(tick)) + 0.5;
		plot.svg.append(
			draw('line', {x1: plot.left, x2: plot.right, y1: y, y2: y,
				class: tick === 0 ? 'base' : over || 'grid'}),
			label(plot.left - 6, y + 4, text(tick), {class: 'tick', 'text-anchor': 'end'}));
	}
}

function axisBottom(plot, scale, ticks, text, name) {
	let last = -Infinity;
	for (const tick of ticks) {
		const x = scale(tick), words = text(tick);
		const half = textWidth(words, 11) / 2;
		const middle = Math.min(Math.max(x, half), plot.width - half);
		plot.svg.append(draw('line', {x1: x, x2: x, y1: plot.bottom, y2: plot.bottom + 4,
			class: 'base'}));
		if (middle - half < last + 6)
			continue;
		last = middle + half;
		plot.svg.append(label(middle, plot.bottom + 17, words, {class: 'tick',
			'text-anchor': 'middle'}));
	}
	if (name)
		plot.svg.append(label(plot.right, plot.bottom + 33, name,
			{class: 'axis', 'text-anchor': 'end'}));
}

function axisTime(plot, scale, seconds) {
	const unit = timeUnit(seconds);
	const ticks = niceTicks(0, seconds / unit.seconds, Math.max(2, (plot.right - plot.left) / 70))
		.map((tick) => tick * unit.seconds);
	axisBottom(plot, scale, ticks, (tick) => trimmed(tick / unit.seconds),
		unit.name + ' since the first arrival');
}

// An area whose value holds from one edge to the next.
function stepArea(edges, upper, lower, x, y) {
	let path = `M${x(edges[0]).toFixed(1)},${y(lower[0]).toFixed(1)}`;
	for (let i = 0; i < upper.length; i++)
		path += `V${y(upper[i]).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}`;
	for (let i = upper.length - 1; i >= 0; i--)
		path += `V${y(lower[i]).toFixed(1)}H${x(edges[i]).toFixed(1)}`;
	return path + 'Z';
}

function stepLine(edges, values, x, y) {
	let path = `M${x(edges[0]).toFixed(1)},${y(values[0]).toFixed(1)}`;
	for (let i = 0; i < values.length; i++)
		path += `V${y(values[i]).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}`;
	return path;
}

// The mark of a policy: its colour and a shape, so that colour is never needed alone.
function policyMark(x, y, index, size) {
	const r = size || 5;
	const corner = (points) => draw('polygon', {
		points: points.map(([dx, dy]) => `${(x + dx * r).toFixed(1)},${(y + dy * r).toFixed(1)}`)
			.join(' '),
	});
	const shapes = [
		() => draw('circle', {cx: x, cy: y, r}),
		() => corner([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
		() => corner([[0, -1.15], [1.1, 0.85], [-1.1, 0.85]]),
		() => corner([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]),
		() => corner([[0, 1.15], [1.1, -0.85], [-1.1, -0.85]]),
		() => corner([[-1.2, -0.5], [1.2, -0.5], [1.2, 0.5], [-1.2, 0.5]]),
		() => corner([[-0.5, -1.2], [0.5, -1.2], [0.5, 1.2], [-0.5, 1.2]]),
		() => draw('circle', {cx: x, cy: y, r: r * 0.6}),
	];
	const mark = shapes[index % shapes.length]();
	mark.setAttribute('class', `mark policy-fill-${index}`);
	return mark;
}
