// SPDX-License-Identifier: Apache-2.0
'use strict';
'require view';
'require dom';
'require gatewitness.shared as shared';

const el = shared.el;
// uhttpd takes requests of 64 KiB, and JSON makes them longer; the headers are what counts, and they come first.
const kMost = 48 * 1024;

function cut(text) {
	const bytes = new TextEncoder().encode(text);
	return bytes.length <= kMost ? text : new TextDecoder().decode(bytes.slice(0, kMost)).replace(/\uFFFD+$/, '');
}

function candidate(one) {
	return shared.section(null,
		el('p', {}, shared.device(one.device)),
		el('p', {}, _('How sure:'), ' ', el('strong', {}, shared.grade(one.grade)), ', ', _('decided by'), ' ', one.match),
		(one.speaks_for || []).length ? [ _('For it'), shared.lines(one.speaks_for) ] : null,
		(one.speaks_against || []).length ? [ _('Against it'), shared.lines(one.speaks_against) ] : null,
		shared.table([ _('When'), _('Source'), _('What') ], (one.evidence || []).map((line) => [ shared.time(line.time), line.source, line.text ]), _('None.')));
}

function testimony(one) {
	const cleared = (one.others || []).filter((other) => other.cleared);

	return el('div', { 'class': 'gatewitness-testimony' },
		el('div', { 'class': 'alert-message ' + (one.verdict == 'named' ? 'danger' : 'warning') }, el('h4', {}, one.sentence)),
		(one.candidates || []).map(candidate),
		cleared.length ? shared.section(_('Cleared'), shared.lines(cleared.map((other) => (other.name || other.mac || other.id) + ': ' + other.why))) : null,
		(one.notes || []).length ? shared.section(_('Remarks'), shared.lines(one.notes)) : null);
}

return view.extend({
	render: function() {
		const text = el('textarea', { 'id': 'gatewitness-report', 'rows': 14, 'style': 'width:100%;font-family:monospace', 'spellcheck': 'false' });
		const answer = el('div', { 'id': 'gatewitness-answer' });
		const show = (...children) => dom.content(answer, el('div', {}, children));

		return el('div', {},
			el('h2', {}, _('Abuse report')),
			el('p', {}, _('Paste what you were sent: the complaint (ARF or XARF), or the bad mail with its Received headers. It is read here and goes nowhere.')),
			text,
			el('div', { 'class': 'cbi-page-actions', 'style': 'text-align:left' }, el('button', {
				'class': 'btn cbi-button cbi-button-positive',
				'click': function(event) {
					const button = event.currentTarget;
					button.disabled = true;
					show(el('em', {}, _('Looking …')));

					return shared.attribute(cut(text.value)).then((told) => show(
						told.testimonies.map(testimony),
						(told.notes || []).length ? shared.section(_('Of the report'), shared.lines(told.notes)) : null
					)).catch((error) => show(shared.problem(error))).finally(function() { button.disabled = false; });
				}
			}, _('Which device was it?'))),
			answer);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
