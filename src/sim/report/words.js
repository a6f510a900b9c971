// SPDX-License-Identifier: Apache-2.0
//
// Numbers and times as people write them: the same words as the tables, which C has written.
'use strict';

const MINUTE = 60, HOUR = 3600, DAY = 86400;

function numberText(value) {
	const size = Math.abs(value);
	const decimals = value === Math.floor(value) || size >= 999.5 ? 0 : size >= 99.95 ? 1 : 2;
	return value.toLocaleString('en-US', {
		minimumFractionDigits: decimals,
		maximumFractionDigits: decimals,
	});
}

// For axes and labels beside bars: 950, 12.4 k, 3.1 M.
function shortText(value) {
	for (const [unit, name] of [[1e9, ' G'], [1e6, ' M'], [1e3, ' k']])
		if (Math.abs(value) >= unit * (unit === 1e3 ? 10 : 1))
			return trimmed(value / unit) + name;
	return value >= 100 ? numberText(Math.round(value)) : trimmed(value);
}

// Three digits that count, without zeros at the end.
function trimmed(value) {
	return value.toLocaleString('en-US', {maximumSignificantDigits: 3});
}

function percentText(percent) {
	return percent > 0 && percent < 0.05 ? '< 0.1 %' : percent.toFixed(1) + ' %';
}

function durationText(seconds) {
	const [, unit, name] = [[120, 1, 's'], [7200, MINUTE, 'min'], [2 * DAY, HOUR, 'h'],
		[Infinity, DAY, 'd']].find(([below]) => seconds < below);
	const value = seconds / unit;
	return numberOf(value >= 99.95 ? Math.round(value) : Math.round(value * 10) / 10) + ' ' + name;
}

function numberOf(value) {
	return value.toLocaleString('en-US', {maximumFractionDigits: 1});
}

// The unit in which a span of so many seconds is divided on an axis.
function timeUnit(seconds) {
	if (seconds > 3 * DAY)
		return {seconds: DAY, name: 'days'};
	if (seconds > 3 * HOUR)
		return {seconds: HOUR, name: 'hours'};
	return {seconds: MINUTE, name: 'minutes'};
}

// The whole name on hover where it has to be cut.
function cut(text, length) {
	const letters = Array.from(text);
	return letters.length > length ? letters.slice(0, length - 1).join('') + '…' : text;
}
