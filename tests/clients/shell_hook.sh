#!/bin/sh
# Adds and removes TXT records as shell clients of ACME do: they never parse XML, they cut its text.
# dehydrated calls it as: deploy_challenge|clean_challenge DOMAIN FILE VALUE. The zone is DOMAIN itself.
set -eu
api=$AWS_ENDPOINT_URL_ROUTE_53/2013-04-01
case $1 in deploy_challenge | clean_challenge) ;; *) exit 0 ;; esac
name=_acme-challenge.$2

call() { curl --silent --show-error --fail-with-body "$@"; }

change() { # ACTION RECORDS
  call --output /dev/null --header 'Content-Type: text/xml' "$api/hostedzone/$zone/rrset/" --data-binary \
    "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change><Action>$1</Action><ResourceRecordSet><Name>$name</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords>$2</ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
}

zone=$(call "$api/hostedzonesbyname?dnsname=$2&maxitems=1" | sed -n 's|.*<HostedZone><Id>/hostedzone/\([A-Z0-9]*\)</Id>.*|\1|p')
# A quote separates the record sets: Route 53 sends those of values as &quot;.
records=$(call "$api/hostedzone/$zone/rrset" | sed 's/<ResourceRecordSet>/"/g' | tr '"' '\n' |
  sed -n "s|^<Name>$name.</Name><Type>TXT</Type>.*<ResourceRecords>\(.*\)</ResourceRecords>.*|\1|p")
record="<ResourceRecord><Value>&quot;$4&quot;</Value></ResourceRecord>"
case $1 in
  deploy_challenge) change UPSERT "$records$record" ;;
  clean_challenge)
    rest=$(printf %s "$records" | sed "s|$record||")
    if [ -n "$rest" ]; then change UPSERT "$rest"; else change DELETE "$records"; fi ;;
esac
