// SPDX-License-Identifier: Apache-2.0
//
// The charts. Each takes the report's data and the place it is drawn in, which has a width, and
// fills the place. With several policies they are small multiples on common axes, or lines on one.
'use strict';

// ---- What several charts share

const runColour = (index) => `policy-fill-${index}`;
const categoryColour = (category) => 'c-' + category.key.replace(/[._]/g, '-');

// A grid of one panel a run, each under its name; `width` is that of a panel.
function panels(place, data, least, paint) {
	const count = data.runs.length;
	const gap = 28;
	const across = Math.max(1, Math.min(count, count === 4 ? 2 : 3,
		Math.floor((place.clientWidth + gap) / (least + gap))));
	const width = Math.floor((place.clientWidth - gap * (across - 1)) / across);
	const grid = make('div', {class: `panels across-${across}`});
	place.append(grid);
	data.runs.forEach((run, index) => {
		const panel = make('figure', {class: 'panel'});
		if (count > 1)
			panel.append(make('figcaption', {}, policySwatch(index), make('bdi', {}, run.name)));
		grid.append(panel);
		paint(panel, run, index, width);
	});
}

function policySwatch(index) {
	return draw('svg', {viewBox: '0 0 14 14', class: 'key', 'aria-hidden': 'true'},
		policyMark(7, 7, index, 5));
}

const titled = (run, data, text) => data.runs.length > 1 ? `${text}, policy ${run.name}` : text;

function edgesOf(run) {
	return [0, ...run.time_s];
}

// The point in whose interval a time lies; -1 outside.
function pointAt(run, seconds) {
	if (seconds < 0)
		return -1;
	return run.time_s.findIndex((end) => seconds < end);
}

function spanText(run, index) {
	const edges = edgesOf(run);
	return durationText(edges[index]) + ' to ' + durationText(edges[index + 1]);
}

const longestSpan = (data) => Math.max(1, ...data.runs.map((run) => run.makespan_s));

// ---- Capacity to use: bars that float from what was there to what is left

function waterfallRows(data, run) {
	const rows = [{name: 'capacity', from: 0, to: run.capacity_hours, colour: 'c-capacity',
		strong: true, meaning: 'all devices, over the whole run'}];
	const parts = data.categories.filter((category) => category.group === 'allocated');
	let left = run.capacity_hours;
	const take = (category, index) => {
		const hours = run.hours[index];
		rows.push({name: category.label, from: left - hours, to: left,
			colour: categoryColour(category), meaning: category.meaning,
			strong: parts.length === 1 && category === parts[0]});
		left -= hours;
	};
	const each = (wanted) => {
		for (let i = data.categories.length - 1; i >= 0; i--)
			if ((data.categories[i].group === 'allocated') === wanted)
				take(data.categories[i], i);
	};
	each(false);
	if (parts.length !== 1)
		rows.push({name: 'allocated', from: 0, to: left, colour: 'c-allocated', strong: true,
			meaning: 'held by jobs, whatever they did with it'});
	each(true);
	return rows;
}

function waterfallRow(plot, row, y, x, layout, run) {
	const middle = y + layout.rowHeight / 2;
	const share = percentText(100 * (row.to - row.from) / (run.capacity_hours || 1));
	const size = row.to - row.from;
	const hours = numberText(size >= 99.5 ? Math.round(size) : size) + ' h';
	const strong = row.strong ? ' strong' : '';
	const barY = layout.stacked ? y + 18 : middle - layout.barHeight / 2;
	const textY = layout.stacked ? y + 12 : middle + 4;
	plot.svg.append(
		draw('rect', {x: plot.left, y: barY, width: plot.right - plot.left,
			height: layout.barHeight, class: 'track'}),
		draw('rect', {x: x(row.from), y: barY,
			width: row.to > row.from ? Math.max(1.5, x(row.to) - x(row.from)) : 0,
			height: layout.barHeight, class: 'bar ' + row.colour, rx: 1.5}),
		label(layout.stacked ? plot.left : 0, textY, row.name, {class: 'row-name' + strong}),
		label(layout.stacked ? plot.right : plot.width, textY, share,
			{class: 'row-value' + strong, 'text-anchor': 'end'}),
		label((layout.stacked ? plot.right : plot.width) - 68, textY, hours,
			{class: 'row-detail', 'text-anchor': 'end'}));
}

function chartWaterfall(place, data) {
	const most = Math.max(...data.runs.map((run) => run.capacity_hours));
	const peers = [];
	panels(place, data, 320, (panel, run, index, width) => {
		const rows = waterfallRows(data, run);
		const layout = width < 620 ? {stacked: true, rowHeight: 40, barHeight: 14}
			: {stacked: false, rowHeight: 30, barHeight: 20};
		const names = Math.max(...rows.map((row) => textWidth(row.name, 13))) + 16;
		const plot = frame(width, rows.length * layout.rowHeight + 48,
			{left: layout.stacked ? 0 : names, right: layout.stacked ? 1 : 170, top: 0, bottom: 44},
			titled(run, data, 'Device-hours from capacity to use'));
		const x = linear(0, most, plot.left, plot.right);
		const joins = draw('g');
		let lastEnd = null;
		plot.svg.append(joins);
		rows.forEach((row, i) => {
			const edge = Math.round(x(i === 0 || row.strong ? row.to : row.from)) + 0.5;
			if (lastEnd !== null)
				joins.append(draw('line', {x1: lastEnd, x2: lastEnd, class: 'join',
					y1: i * layout.rowHeight - layout.rowHeight / 2,
					y2: i * layout.rowHeight + layout.rowHeight / 2}));
			waterfallRow(plot, row, i * layout.rowHeight, x, layout, run);
			lastEnd = edge;
		});
		axisBottom(plot, x, x.ticks(Math.max(2, (plot.right - plot.left) / 90)), shortText,
			'device-hours');
		makeReadable(plot, rows.length,
			(px, py) => Math.floor(py / layout.rowHeight) < rows.length
				? Math.floor(py / layout.rowHeight) : -1,
			(i) => ({
				title: rows[i].name,
				lines: [
					{mark: rows[i].colour, label: 'device-hours',
						value: numberText(rows[i].to - rows[i].from)},
					{label: 'of capacity', value: percentText(
						100 * (rows[i].to - rows[i].from) / (run.capacity_hours || 1))},
					{label: rows[i].meaning, value: ''},
				],
				x: x((rows[i].from + rows[i].to) / 2), y: (i + 0.5) * layout.rowHeight,
				cursor: [draw('rect', {x: 0, y: i * layout.rowHeight, width: plot.width,
					height: layout.rowHeight, class: 'veil'})],
			}), peers);
		panel.append(plot.svg);
	});
}

// ---- The stack over time

// Where in a band a text of this width has room, near the centre and not on the line at `avoid`:
// its middle, or null.
function roomFor(edges, lower, upper, x, y, width, avoid) {
	const centre = x(edges[edges.length - 1] / 2);
	let best = null;
	for (let i = 0; i < upper.length; i++) {
		const start = x(edges[i]);
		let top = -Infinity, bottom = Infinity, j = i;
		for (; j < upper.length && x(edges[j]) < start + width; j++) {
			top = Math.max(top, y(upper[j]));
			bottom = Math.min(bottom, y(lower[j]));
		}
		if (x(edges[j]) < start + width)
			break;
		const middle = start + width / 2;
		const worth = Math.min(bottom - top, 60) - Math.abs(middle - centre) / 25 -
			(Math.abs(middle - avoid) < width / 2 ? 40 : 0);
		if (bottom - top >= 15 && (!best || worth > best.worth))
			best = {worth, x: middle, y: (top + bottom) / 2};
	}
	return best;
}

function stackOf(run) {
	const sums = [run.time_s.map(() => 0)];
	for (const band of run.stack)
		sums.push(band.map((devices, i) => sums[sums.length - 1][i] + devices));
	return sums;
}

function paintBands(plot, data, run, x, y) {
	const sums = stackOf(run), edges = edgesOf(run);
	const names = [];
	data.categories.forEach((category, i) => {
		plot.svg.append(draw('path', {d: stepArea(edges, sums[i + 1], sums[i], x, y),
			class: 'band ' + categoryColour(category), 'data-key': category.key}));
		const room = roomFor(edges, sums[i], sums[i + 1], x, y,
			textWidth(category.label, 12) + 12, x(data.arrivals_s));
		if (room)
			names.push(label(room.x, room.y + 4, category.label,
				{class: 'band-name on-' + categoryColour(category), 'text-anchor': 'middle'}));
	});
	plot.svg.append(...names);
}

function readStack(plot, data, run, x) {
	const edges = edgesOf(run);
	return (i) => {
		if (i >= run.time_s.length)
			return null;
		const total = run.stack.reduce((sum, band) => sum + band[i], 0);
		const lines = data.categories.map((category, c) => ({
			mark: categoryColour(category), label: category.label,
			value: `${numberOf(run.stack[c][i])} · ` +
				percentText(100 * run.stack[c][i] / (total || 1)),
			devices: run.stack[c][i],
		})).filter((line) => line.devices > 0).reverse();
		const middle = x((edges[i] + edges[i + 1]) / 2);
		return {title: spanText(run, i), lines, x: middle, y: plot.top + 40,
			cursor: [crosshair(plot, middle)]};
	};
}

function lastArrival(plot, data, x, says) {
	const place = x(data.arrivals_s);
	if (data.arrivals_s >= longestSpan(data) * 0.995)
		return;
	const toLeft = place > (plot.left + plot.right) / 2;
	plot.svg.append(draw('line', {x1: place, x2: place, y1: plot.top - 6, y2: plot.bottom,
		class: 'event'}));
	if (says)
		plot.svg.append(label(toLeft ? place - 5 : place + 5, plot.top - 8, 'last arrival',
			{class: 'event-name', 'text-anchor': toLeft ? 'end' : 'start'}));
}

function chartTime(place, data) {
	const span = longestSpan(data);
	const devices = Math.max(1, ...data.runs.flatMap((run) => stackOf(run).pop()));
	const peers = [];
	place.append(categoryLegend(data, place));
	panels(place, data, 320, (panel, run, index, width) => {
		const plot = frame(width, data.runs.length > 1 ? 270 : 380,
			{left: textWidth(shortText(devices), 11) + 22, right: 10, top: 24, bottom: 44},
			titled(run, data, 'Devices by state over time'));
		const x = linear(0, span, plot.left, plot.right);
		const y = linear(0, devices, plot.bottom, plot.top);
		paintBands(plot, data, run, x, y);
		axisLeft(plot, y, y.ticks(5), shortText, 'over');
		axisTime(plot, x, span);
		plot.svg.append(label(0, plot.top - 10, 'devices', {class: 'axis'}));
		lastArrival(plot, data, x, true);
		makeReadable(plot, run.time_s.length,
			(px) => pointAt(run, (px - plot.left) / (plot.right - plot.left) * span),
			readStack(plot, data, run, x), peers);
		panel.append(plot.svg);
	});
}

// To point at an entry brings out its band in all panels.
function categoryLegend(data, place) {
	const list = make('ul', {class: 'legend'});
	for (const category of [...data.categories].reverse()) {
		const item = make('li', {title: category.meaning},
			make('i', {class: 'swatch ' + categoryColour(category)}), category.label);
		item.addEventListener('pointerenter', () => {
			for (const band of place.querySelectorAll('.band'))
				band.classList.toggle('dim', band.dataset.key !== category.key);
		});
		item.addEventListener('pointerleave', () => {
			for (const band of place.querySelectorAll('.band'))
				band.classList.remove('dim');
		});
		list.append(item);
	}
	return list;
}

// ---- The queue: jobs above, the devices that they ask for below

function queuePart(plot, data, index, field, name, most, x) {
	const y = linear(0, most, plot.bottom, plot.top);
	const ticks = y.ticks(3);
	axisLeft(plot, y, ticks, shortText);
	plot.svg.append(label(0, plot.top - 10, name, {class: 'axis'}));
	data.runs.forEach((run, i) => {
		if (i !== index)
			plot.svg.append(draw('path', {d: stepLine(edgesOf(run), run[field], x, y),
				class: 'ghost'}));
	});
	const run = data.runs[index], zero = run.time_s.map(() => 0);
	plot.svg.append(
		draw('path', {d: stepArea(edgesOf(run), run[field], zero, x, y),
			class: `area ${runColour(index)}`}),
		draw('path', {d: stepLine(edgesOf(run), run[field], x, y),
			class: `line policy-stroke-${index}`}));
	const peak = run[field].indexOf(Math.max(...run[field]));
	const place = x((edgesOf(run)[peak] + edgesOf(run)[peak + 1]) / 2);
	if (run[field][peak] > 0)
		plot.svg.append(label(Math.min(Math.max(place, plot.left + 40), plot.right - 40),
			y(run[field][peak]) - 6, 'peak ' + shortText(Math.round(run[field][peak])),
			{class: 'peak', 'text-anchor': 'middle'}));
}

function chartQueue(place, data) {
	const span = longestSpan(data);
	const most = (field) => Math.max(1, ...data.runs.flatMap((run) => run[field])) * 1.04;
	const mostJobs = most('pending_jobs'), mostDevices = most('pending_devices');
	const peers = [];
	if (data.runs.length > 1)
		place.append(make('p', {class: 'hint'}, 'Grey lines: the other policies.'));
	panels(place, data, 320, (panel, run, index, width) => {
		const tall = data.runs.length > 1 ? 110 : 150;
		const left = textWidth(shortText(Math.max(mostJobs, mostDevices)), 11) + 26;
		const plot = frame(width, 2 * tall + 110, {left, right: 10, top: 30, bottom: 44},
			titled(run, data, 'Jobs waiting and devices they ask for, over time'));
		const x = linear(0, span, plot.left, plot.right);
		const upper = {...plot, bottom: plot.top + tall};
		const lower = {...plot, top: plot.bottom - tall};
		queuePart(upper, data, index, 'pending_jobs', 'jobs', mostJobs, x);
		queuePart(lower, data, index, 'pending_devices', 'devices asked for', mostDevices, x);
		axisTime(lower, x, span);
		lastArrival(upper, data, x, false);
		lastArrival(lower, data, x, false);
		makeReadable(plot, run.time_s.length,
			(px) => pointAt(run, (px - plot.left) / (plot.right - plot.left) * span),
			(i) => {
				if (i >= run.time_s.length)
					return null;
				const middle = x((edgesOf(run)[i] + edgesOf(run)[i + 1]) / 2);
				const row = (name, field) => ({label: name,
					value: numberOf(run[field][i])});
				return {title: spanText(run, i), x: middle, y: plot.top + 40,
					lines: [row('jobs waiting', 'pending_jobs'),
						row('devices they ask for', 'pending_devices'),
						row('jobs running', 'running_jobs'),
						row('devices they hold', 'running_devices')],
					cursor: [crosshair(plot, middle)]};
			}, peers);
		panel.append(plot.svg);
	});
}

// ---- Distributions: one line a policy, time on a logarithm

function shareAt(distribution, seconds) {
	let low = 0, high = distribution.s.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (distribution.s[middle] <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	return low === 0 ? 0 : distribution.share[low - 1];
}

function secondsAt(distribution, share) {
	const at = distribution.share.findIndex((value) => value >= share - 1e-9);
	return distribution.s[at < 0 ? distribution.s.length - 1 : at];
}

function distributionLegend(data, field) {
	const list = make('ul', {class: 'legend'});
	data.runs.forEach((run, index) => {
		const values = run[field];
		if (values.count === 0)
			return;
		const within = (share) => durationText(secondsAt(values, share));
		list.append(make('li', {}, ...(data.runs.length > 1
			? [policySwatch(index), make('bdi', {}, run.name)] : []),
		make('span', {class: 'detail'},
			`half within ${within(0.5)}, 90 % within ${within(0.9)}`)));
	});
	return list;
}

function distributionLine(distribution, x, y) {
	let path = `M${x(0)},${y(0)}`;
	distribution.s.forEach((seconds, i) => {
		path += `L${x(seconds).toFixed(1)},${y(distribution.share[i]).toFixed(1)}`;
	});
	return path + `H${x.end}`;
}

function chartDistribution(place, data, field, title) {
	const longest = Math.max(1, ...data.runs.flatMap((run) => run[field].s.slice(-1)));
	const plot = frame(place.clientWidth, place.clientWidth < 560 ? 280 : 340,
		{left: 48, right: 16, top: 24, bottom: 44}, title);
	const x = logTime(longest, plot.left, plot.right);
	x.end = plot.right;
	const y = linear(0, 1, plot.bottom, plot.top);
	axisLeft(plot, y, [0, 0.25, 0.5, 0.75, 0.9, 1], (share) => Math.round(100 * share) + ' %');
	axisBottom(plot, x, x.ticks(), tickDuration, 'time, logarithmic');
	plot.svg.append(label(0, plot.top - 10, 'share of jobs', {class: 'axis'}));
	data.runs.forEach((run, index) => {
		const values = run[field];
		if (values.count === 0)
			return;
		plot.svg.append(draw('path', {d: distributionLine(values, x, y),
			class: `line dash-${index} policy-stroke-${index}`}));
		// Marks tell the lines apart, at the shares that the axis names.
		for (const share of [0.25, 0.5, 0.75, 0.9])
			if (data.runs.length > 1 && secondsAt(values, share) > 1)
				plot.svg.append(policyMark(x(secondsAt(values, share)), y(share), index, 4));
	});
	const steps = 120;
	const secondsOf = (i) => x.invert(plot.left + (plot.right - plot.left) * i / steps);
	makeReadable(plot, steps + 1,
		(px) => px < plot.left - 4 ? -1
			: Math.max(0, Math.min(steps, Math.round((px - plot.left) /
				(plot.right - plot.left) * steps))),
		(i) => ({
			title: 'within ' + (i === 0 ? '1 s' : durationText(secondsOf(i))),
			lines: data.runs.map((run, index) => ({mark: runColour(index),
				label: data.runs.length > 1 ? run.name : 'jobs',
				value: percentText(100 * shareAt(run[field], secondsOf(i)))})),
			x: x(secondsOf(i)), y: plot.top + 60, cursor: [crosshair(plot, x(secondsOf(i)))],
		}));
	place.append(distributionLegend(data, field), plot.svg);
}

// ---- Free parts of devices

const freeName = (bin) => bin === 0 ? 'none' : `${10 * (bin - 1)}–${10 * bin} %`;

function freeColour(bin, bins) {
	if (bin === 0)
		return 'c-allocated';
	return bin === bins - 1 ? 'c-unallocated-unattributed' : 'c-unallocated-stranded-share';
}

function chartFree(place, data) {
	const most = 1.1 * Math.max(1, ...data.runs.flatMap((run) => run.free_pct));
	const peers = [];
	panels(place, data, 320, (panel, run, index, width) => {
		const plot = frame(width, data.runs.length > 1 ? 220 : 280,
			{left: 44, right: 6, top: 30, bottom: 44},
			titled(run, data, 'Share of device-time by the free part of the device'));
		const bins = run.free_pct.length;
		const slot = (plot.right - plot.left) / bins;
		const y = linear(0, most, plot.bottom, plot.top);
		axisLeft(plot, y, y.ticks(4), (value) => trimmed(value) + ' %');
		run.free_pct.forEach((percent, bin) => {
			const left = plot.left + bin * slot;
			plot.svg.append(draw('rect', {x: left + slot * 0.12, y: y(percent),
				width: slot * 0.76, height: plot.bottom - y(percent),
				class: 'bar ' + freeColour(bin, bins)}));
			if (percent >= 0.05)
				plot.svg.append(label(left + slot / 2, y(percent) - 5,
					slot > 36 ? percentText(percent) : percent < 9.95 ? percent.toFixed(1)
						: Math.round(percent), {class: 'peak', 'text-anchor': 'middle'}));
			const name = slot > 52 ? freeName(bin) : bin === 0 ? '0' : `${10 * bin}`;
			plot.svg.append(label(left + slot / 2, plot.bottom + 17, name,
				{class: 'tick', 'text-anchor': 'middle'}));
		});
		plot.svg.append(
			label(0, plot.top - 16, 'of the device-time', {class: 'axis'}),
			label(plot.right, plot.bottom + 34, slot > 52 ? 'free part of the device'
				: 'free part of the device, % and below', {class: 'axis', 'text-anchor': 'end'}));
		makeReadable(plot, bins,
			(px) => px < plot.left ? -1
				: Math.min(bins - 1, Math.floor((px - plot.left) / slot)),
			(bin) => ({
				title: bin === 0 ? 'nothing free' : `${freeName(bin)} of the device free`,
				lines: [{label: 'of the device-time', value: percentText(run.free_pct[bin])}],
				x: plot.left + (bin + 0.5) * slot, y: y(run.free_pct[bin]),
				cursor: [draw('rect', {x: plot.left + bin * slot, y: plot.top, width: slot,
					height: plot.bottom - plot.top, class: 'veil'})],
			}), peers);
		panel.append(plot.svg);
	});
}

// ---- Tenants: hours as a bar, beside it the mean wait under each policy

function tenantHead(plot, x, wait) {
	plot.svg.append(
		label(x(0), 14, 'device-hours', {class: 'axis'}),
		label(wait(0), 14, 'mean wait', {class: 'axis'}));
	for (const tick of wait.ticks())
		plot.svg.append(
			draw('line', {x1: wait(tick), x2: wait(tick), y1: plot.top, y2: plot.bottom,
				class: 'grid'}),
			label(wait(tick), plot.bottom + 16, tickDuration(tick),
				{class: 'tick', 'text-anchor': 'middle'}));
}

function tenantRow(plot, data, t, y, x, wait, layout) {
	const hours = Math.max(...data.runs.map((run) => run.tenants[t].hours));
	const middle = layout.stacked ? y + 27 : y + layout.rowHeight / 2;
	plot.svg.append(
		label(0, layout.stacked ? y + 13 : middle + 4,
			cut(data.tenants[t], layout.stacked ? 42 : 24), {class: 'row-name'}),
		draw('rect', {x: x(0), y: middle - 7, width: Math.max(1, x(hours) - x(0)), height: 14,
			class: 'bar c-allocated', rx: 1.5}),
		label(x(hours) + 6, middle + 4, shortText(hours), {class: 'row-detail'}),
		draw('line', {x1: wait(0), x2: plot.right, y1: middle, y2: middle, class: 'grid'}));
	data.runs.forEach((run, index) => {
		if (run.tenants[t].jobs > 0)
			plot.svg.append(policyMark(wait(run.tenants[t].wait_s), middle, index, 5));
	});
}

function chartTenants(place, data) {
	const width = place.clientWidth, count = data.tenants.length;
	const stacked = width < 640, layout = {stacked, rowHeight: stacked ? 42 : 26};
	const names = layout.stacked ? 0
		: Math.max(60, ...data.tenants.map((name) => textWidth(cut(name, 24), 13))) + 18;
	const plot = frame(width, 26 + count * layout.rowHeight + 30,
		{left: names, right: 14, top: 22, bottom: 30},
		'Device-hours and mean wait of each tenant');
	const half = plot.left + (plot.right - plot.left) * (data.runs.length > 1 ? 0.42 : 0.55);
	const x = linear(0, Math.max(1e-9, ...data.runs.flatMap((run) =>
		run.tenants.map((tenant) => tenant.hours))), plot.left, half - 74);
	const wait = logTime(Math.max(...data.runs.flatMap((run) =>
		run.tenants.map((tenant) => tenant.wait_s))), half, plot.right);
	tenantHead(plot, x, wait);
	for (let t = 0; t < count; t++)
		tenantRow(plot, data, t, plot.top + t * layout.rowHeight, x, wait, layout);
	makeReadable(plot, count,
		(px, py) => py < plot.top || py >= plot.bottom ? -1
			: Math.min(count - 1, Math.floor((py - plot.top) / layout.rowHeight)),
		(t) => ({
			title: data.tenants[t],
			lines: [
				{label: 'jobs', value: numberText(data.runs[0].tenants[t].jobs)},
				...data.runs.map((run, index) => ({mark: runColour(index),
					label: (data.runs.length > 1 ? run.name + ': ' : '') +
						numberText(run.tenants[t].hours) + ' device-hours, mean wait',
					value: durationText(run.tenants[t].wait_s)})),
			],
			x: half, y: plot.top + (t + 0.5) * layout.rowHeight,
			cursor: [draw('rect', {x: 0, y: plot.top + t * layout.rowHeight, width: plot.width,
				height: layout.rowHeight, class: 'veil'})],
		}));
	if (data.runs.length > 1)
		place.append(policyLegend(data));
	place.append(plot.svg);
}

function policyLegend(data) {
	const list = make('ul', {class: 'legend'});
	data.runs.forEach((run, index) =>
		list.append(make('li', {}, policySwatch(index), make('bdi', {}, run.name))));
	return list;
}
