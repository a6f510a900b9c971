// SPDX-License-Identifier: Apache-2.0
//
// Reading values off a chart: with the pointer, a finger, or the arrow keys once the chart has the
// focus. What is shown beside the pointer is also said to a screen reader.
'use strict';

const tip = document.getElementById('tip');
const say = document.getElementById('say');

// lines: [{mark, label, value}], `mark` a class of colour or nothing.
function showTip(title, lines, x, y) {
	tip.replaceChildren(make('strong', {}, title));
	for (const line of lines)
		tip.append(make('div', {class: line.strong ? 'row strong' : 'row'},
			make('i', {class: 'swatch ' + (line.mark || 'none')}),
			make('span', {}, line.label), make('b', {}, line.value)));
	tip.hidden = false;
	const box = tip.getBoundingClientRect();
	const left = x + 16 + box.width > innerWidth - 8 ? x - box.width - 16 : x + 16;
	tip.style.left = Math.max(8, Math.min(left, innerWidth - box.width - 8)) + 'px';
	tip.style.top = Math.max(8, Math.min(y - box.height / 2, innerHeight - box.height - 8)) + 'px';
	say.textContent = title + ': ' +
		lines.map((line) => line.label + ' ' + line.value).join(', ');
}

function hideTip() {
	tip.hidden = true;
	say.textContent = '';
}

// Make a plot readable. `locate(x, y)` gives the index under a point of the plot, or -1;
// `read(index)` gives {title, lines, x, y, cursor}, where cursor is what to draw there. All plots
// of `peers` show the cursor of the same index together.
function makeReadable(plot, count, locate, read, peers) {
	const layer = draw('g', {class: 'cursor'});
	let at = -1;
	plot.svg.append(layer);
	plot.svg.setAttribute('tabindex', '0');
	const self = {
		mark(index) {
			const found = index < 0 ? null : read(index);
			layer.replaceChildren(...(found ? found.cursor : []));
		},
	};
	peers = peers || [];
	peers.push(self);
	function show(index, clientX, clientY) {
		at = index;
		for (const peer of peers)
			peer.mark(index);
		const found = index < 0 ? null : read(index);
		if (!found) {
			hideTip();
			return;
		}
		const box = plot.svg.getBoundingClientRect();
		const zoom = box.width / plot.width;
		tip.dataset.by = clientX === undefined ? 'key' : 'pointer';
		showTip(found.title, found.lines, clientX ?? box.left + found.x * zoom,
			clientY ?? box.top + found.y * zoom);
	}
	plot.svg.addEventListener('pointermove', (event) => {
		const box = plot.svg.getBoundingClientRect();
		const zoom = plot.width / box.width;
		show(locate((event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom),
			event.clientX, event.clientY);
	});
	plot.svg.addEventListener('pointerleave', () => show(-1));
	plot.svg.addEventListener('blur', () => show(-1));
	plot.svg.addEventListener('keydown', (event) => {
		const steps = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1,
			PageDown: 10, PageUp: -10, Home: -count, End: count};
		if (event.key === 'Escape')
			show(-1);
		if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey)
			return;
		event.preventDefault();
		const start = at < 0 ? (steps[event.key] > 0 ? -1 : count) : at;
		show(Math.min(count - 1, Math.max(0, start + steps[event.key])));
	});
}

function crosshair(plot, x) {
	return draw('line', {x1: x, x2: x, y1: plot.top, y2: plot.bottom, class: 'crosshair'});
}
