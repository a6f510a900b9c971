// SPDX-License-Identifier: Apache-2.0
//
// The page: reads the data, draws each chart where the page has a place for it, and again when the
// width has changed; folds the tables, which are open for those without a script.
'use strict';

const charts = {
	waterfall: chartWaterfall,
	time: chartTime,
	queue: chartQueue,
	wait: (place, data) => chartDistribution(place, data, 'wait',
		'Share of started jobs by how long they waited'),
	completion: (place, data) => chartDistribution(place, data, 'completion',
		'Share of finished jobs by the time from arrival to end'),
	free: chartFree,
	tenants: chartTenants,
};

function drawInto(place, data) {
	const width = place.clientWidth;
	if (width === 0 || place.drawn === width)
		return;
	place.drawn = width;
	place.replaceChildren();
	hideTip();
	charts[place.dataset.chart](place, data);
}

function startPage() {
	const data = JSON.parse(document.getElementById('data').textContent);
	for (const fold of document.querySelectorAll('details'))
		fold.open = false;
	const places = [...document.querySelectorAll('.chart')];
	for (const place of places)
		drawInto(place, data);
	const watch = new ResizeObserver((entries) => {
		for (const entry of entries)
			drawInto(entry.target, data);
	});
	for (const place of places)
		watch.observe(place);
	// The pointer stays where it is while the chart moves away; a focus moves with its chart.
	addEventListener('scroll', () => tip.dataset.by === 'pointer' && hideTip(), {passive: true});
}

startPage();
