#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every threshold of the detector with values around the one that it has, on a small set of the choosing homes: how near
# it is to its edge. Half an hour; prints the table of README.md. Arguments go to the judge.
set -eu
exec "$(dirname -- "$0")/judge.sh" --senders 20 --innocents 16 "$@" \
  --sweep detection.account.false_alarm=1e-2,1e-3,1e-5,1e-6 \
  --sweep detection.account.half_life=3d,7d,30d,60d \
  --sweep detection.policy.mx_weight=0,1,6 \
  --sweep detection.burst.short_attempts=5,20,40 \
  --sweep detection.burst.long_attempts=10,40 \
  --sweep detection.burst.destinations=2,10 \
  --sweep detection.burst.surprise=1e-3,1e-7 \
  --sweep detection.burst.server_attempts=5,20 \
  --sweep detection.burst.server_factor=1.5,6 \
  --sweep detection.burst.server_unlearned=100,1600 \
  --sweep detection.burst.server_days=7,60 \
  --sweep detection.fan_out.benign_new=0.02,0.1,0.2 \
  --sweep detection.fan_out.bot_new=0.5,0.9 \
  --sweep detection.fan_out.memory=7d,90d \
  --sweep detection.failed_contacts.benign_failure=0.1,0.3 \
  --sweep detection.failed_contacts.bot_failure=0.6,0.9 \
  --sweep detection.failed_contacts.no_answer=3s,30s \
  --sweep detection.failed_contacts.destinations=2,6 \
  --sweep detection.credentials.identities=3,6 \
  --sweep detection.credentials.providers=3,9 \
  --sweep detection.credentials.appliance_providers=2,5 \
  --sweep detection.credentials.bulk=25,100 \
  --sweep detection.credentials.refused_logins=5,20 \
  --sweep detection.credentials.refused_at_one=11,30 \
  --sweep detection.credentials.refused_window=5m,30m \
  --sweep detection.credentials.short_session=4s,15s \
  --sweep detection.credentials.short_bytes=800,3000 \
  --sweep detection.refusals.weight=0,0.5,2 \
  --sweep detection.refusals.list_weight=0,3 \
  --sweep detection.refusals.benign_share=0.05,0.2 \
  --sweep detection.refusals.bot_share=0.3,0.7 \
  --sweep detection.support.mx_names=2,6 \
  --sweep detection.relay.step=3s,60s \
  --sweep detection.relay.destinations=2,8 \
  --sweep detection.scan.hosts=3,10
