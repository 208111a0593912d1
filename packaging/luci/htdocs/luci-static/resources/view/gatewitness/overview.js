// SPDX-License-Identifier: Apache-2.0
'use strict';
'require view';
'require poll';
'require dom';
'require gatewitness.shared as shared';

const el = shared.el;

function all() {
	// Where there is no guard nothing is blocked, and the question is refused.
	const blocked = shared.blocked().catch(() => ({ blocked: [] }));

	return Promise.all([ shared.status(), shared.devices(), shared.incidents(), blocked ]).catch((error) => error);
}

function offload(status) {
	const seen = status.offload;

	if (!seen || seen.state == 'none')
		return null;

	if (seen.state == 'unknown')
		return _('Whether the firewall offloads mail cannot be told.');

	return seen.exemption == 'active'
		? _('The firewall offloads flows; mail is exempt and is seen.')
		: _('The firewall offloads mail: its content is not seen after the handshake, attempts are.');
}

function summary(status) {
	const open = status.incidents_open || {};
	const kind = open.alarm ? 'danger' : open.notice ? 'warning' : 'success';

	return el('div', { 'class': 'alert-message ' + kind, 'data-quiet': String(status.quiet) },
		el('h4', {}, status.quiet ? _('All is quiet') : _('Something happened')),
		el('p', {}, status.sentence),
		status.upstream_blocks_port25 ? el('p', {}, _('The provider seems to block outgoing port 25.')) : null,
		offload(status) ? el('p', {}, offload(status)) : null);
}

// The gateway itself may be among them, which is no row of the devices.
function blocked(list) {
	if (!(list.blocked || []).length)
		return null;

	return shared.section(_('Blocked'), shared.table([ _('Device'), _('What'), _('Until'), '' ],
		list.blocked.map((one) => [
			shared.device({ id: one.device, mac: one.mac, name: one.name }), one.scope == 'all' ? _('all its traffic') : _('its mail'), shared.time(one.until),
			shared.act(_('Unblock'), 'action', () => shared.unblock(one.device), _('It is no longer blocked.'))
		]), ''));
}

function incidents(list) {
	return shared.section(_('Incidents'), shared.table(
		[ _('No.'), _('Severity'), _('When'), _('Device'), _('What'), _('How sure') ],
		list.incidents.map((incident) => [
			shared.incidentLink(incident), shared.verdict(incident.severity),
			[ shared.time(incident.updated), incident.state == 'open' ? [ el('br'), el('small', {}, _('open')) ] : null ],
			shared.device(incident.device), incident.sentence, shared.grade(incident.grade)
		]), _('Nothing has happened.')), list.left_off ? el('p', {}, _('and %d older ones').format(list.left_off)) : null);
}

function devices(list) {
	return shared.section(_('Devices'), shared.table(
		[ _('Device'), _('Address'), _('Attempts, port 25'), _('Other mail'), _('Last seen'), _('Verdict') ],
		list.devices.map((device) => {
			const attempts = device.attempts || {};
			const address = (device.addresses || [])[0];

			return [
				[ shared.device(device), device.role ? [ el('br'), el('small', {}, device.role) ] : null ],
				address ? address.address : '–', String(attempts.port25 || 0),
				String((attempts.submission || 0) + (attempts.other || 0)), shared.time(device.last_seen),
				[ shared.verdict(device.verdict), device.shared_mac ? el('div', {}, el('small', {}, _('several devices send with this MAC'))) : null,
					device.random_mac ? el('div', {}, el('small', {}, _('made-up MAC'))) : null ]
			];
		}), _('No device has been seen yet.')),
	list.left_off ? el('p', {}, _('and %d more').format(list.left_off)) : null);
}

function health(status) {
	const probes = (status.probes || []).map((probe) => [
		probe.probe, probe.silent ? el('strong', {}, _('silent')) : probe.stopping ? _('ended') : _('well'),
		shared.time(probe.last_heard), String(probe.lost || 0),
		(probe.interfaces || []).map((one) => el('div', {}, one.name + (one.up ? '' : ' (' + _('down') + ')') + (one.dropped ? ', ' + _('%d dropped').format(one.dropped) : ''))),
		probe.note || ''
	]);
	const gaps = (status.gaps || []).slice(0, 10).map((gap) => [
		shared.time(gap.from), shared.time(gap.to), [ gap.probe, gap.interface ? ' ' + gap.interface : '' ],
		gap.reason + (gap.count ? ', ' + gap.count : '')
	]);

	return [
		shared.section(_('Evidence: what watches'), shared.table([ _('Probe'), _('Health'), _('Last heard'), _('Lost'), _('Interfaces'), _('Remark') ], probes,
			_('No probe has reported yet: nothing is seen.'))),
		shared.section(_('Gaps: what was not seen'), shared.table([ _('From'), _('To'), _('Where'), _('Why') ], gaps, _('None.')))
	];
}

function page(data) {
	if (data instanceof Error)
		return [ shared.problem(data) ];

	return [ summary(data[0]), blocked(data[3]), incidents(data[2]), devices(data[1]), health(data[0]) ];
}

return view.extend({
	load: all,

	render: function(data) {
		const body = el('div', { 'id': 'gatewitness-overview' }, page(data));

		poll.add(() => all().then((fresh) => dom.content(body, el('div', {}, page(fresh)))), 10);

		return el('div', {}, el('h2', {}, _('Mail witness')), body);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
