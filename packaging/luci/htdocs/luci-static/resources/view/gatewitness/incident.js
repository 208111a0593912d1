// SPDX-License-Identifier: Apache-2.0
'use strict';
'require view';
'require ui';
'require gatewitness.shared as shared';

const el = shared.el;
const kDay = 86400;

function wanted() {
	return new URLSearchParams(window.location.search).get('id') || '';
}

function load() {
	return Promise.all([ shared.explain(wanted()), shared.features() ]).catch((error) => error);
}

// Asked for before a device loses its mail.
function ask(question, label, what) {
	return new Promise(function(resolve, reject) {
		ui.showModal(_('Sure?'), [
			el('p', {}, question),
			el('div', { 'class': 'right' },
				el('button', { 'class': 'btn', 'click': function() { ui.hideModal(); reject(new Error(_('Nothing was changed.'))); } }, _('Cancel')), ' ',
				el('button', { 'class': 'btn cbi-button-negative', 'click': function() { ui.hideModal(); resolve(what()); } }, label))
		]);
	});
}

function buttons(incident, features) {
	const device = incident.device;
	const who = device ? device.name || device.mac || device.id : '';
	const made = [];

	if (device && device.mac) {
		if (features.guard)
			made.push(shared.act(_('Block its mail for a day'), 'negative',
				() => ask(_('%s can then send no mail for a day.').replace('%s', who), _('Block'), () => shared.block(incident.id, '', kDay)), _('Blocked for a day.')));

		made.push(shared.act(_("It's my mail server"), 'action', () => shared.enrol(device.mac, 'mail-server'),
			_('Noted: this device delivers mail. It is judged by its own normal from now on.')));
	}

	made.push(shared.act(_('Mute for a day'), 'neutral', () => shared.mute(incident.id, kDay), _('No alerts of this incident for a day.')));

	return el('div', { 'class': 'cbi-page-actions', 'style': 'text-align:left' }, made.map((button) => [ button, ' ' ]));
}

function account(verdict) {
	if (!verdict.account)
		return '';

	return [ _('score %s of %s').format(verdict.account.score.toFixed(1), verdict.account.bound.toFixed(1)),
		shared.lines((verdict.account.shares || []).map((share) => share.weight.toFixed(1) + '  ' + share.text)) ];
}

function attempt(one) {
	const codes = (one.refusals || []).map((refusal) => typeof refusal == 'string' ? refusal : JSON.stringify(refusal));

	return [ shared.time(one.time), one.flow, one.outcome, one.ehlo || '', codes.join('; '), shared.grade(one.grade), one.binding ? one.binding.outside : '–' ];
}

function page(incident, features) {
	return [
		el('h2', {}, _('Incident %s').replace('%s', '#' + incident.id)),
		el('div', { 'class': 'alert-message ' + (incident.severity == 'alarm' ? 'danger' : 'warning') },
			el('h4', {}, incident.sentence),
			el('p', {}, _('How sure:'), ' ', el('strong', {}, shared.grade(incident.grade))),
			(incident.grade_reasons || []).length ? [ el('p', {}, _('Not surer because')), shared.lines(incident.grade_reasons) ] : null),
		buttons(incident, features),
		shared.section(_('What to do'), shared.lines([ incident.advice ].flat())),
		shared.section(null, shared.table([ _('Device'), _('State'), _('From'), _('Last change'), _('Attempts'), _('Places') ],
			[ [ shared.device(incident.device), incident.state, shared.time(incident.opened), shared.time(incident.updated),
				String((incident.counts || {}).attempts || 0), String((incident.counts || {}).destinations || 0) ] ], '')),
		shared.section(_('Why'), shared.table([ _('Rule'), _('Verdict'), _('When'), _('What'), _('Account') ],
			(incident.verdicts || []).map((verdict) => [ verdict.rule, shared.verdict(verdict.severity), shared.time(verdict.time), verdict.sentence, account(verdict) ]), _('None.'))),
		shared.section(_('Attempts'), shared.table([ _('When'), _('Flow'), _('Outcome'), _('Called itself'), _('Refused'), _('How sure'), _('Outside') ],
			(incident.attempts || []).map(attempt), _('None.'))),
		shared.section(_('Evidence'), shared.table([ _('When'), _('Source'), _('What') ],
			(incident.evidence || []).map((one) => [ shared.time(one.time), one.source, one.text ]), _('None.'))),
		shared.section(_('Gaps: what was not seen'), shared.table([ _('From'), _('To'), _('Where'), _('Why') ],
			(incident.gaps || []).map((gap) => [ shared.time(gap.from), shared.time(gap.to), gap.probe, gap.reason ]), _('None.')))
	];
}

return view.extend({
	load: load,

	render: function(data) {
		return el('div', { 'id': 'gatewitness-incident' }, data instanceof Error ? shared.problem(data) : page(data[0], data[1]));
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
