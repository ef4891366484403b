"""What mail systems say in words, in several languages: nobody has the address; it is gone; it lives; it is tried again."""

from __future__ import annotations

from composer.dispatch.mail.words import any_of

DEAD = any_of(
    r"""
    user(name)? (is )?unknown
    unknown (local )?(user|recipient|account|mailbox|address|local-?part)
    (user|recipient|account|mailbox|address|login)( \S{1,80})? ?(was|is|could)? ?(not|n't|cannot be) (be )?(found|known|listed|exist)
    (user|account|mailbox|address|recipient|alias)( \S{1,80})? (does(n't| not)|do not|did not) exist
    address(es)? (was|were|is|are) (unknown|not known|invalid)
    (host|domain)( name)? unknown
    no such (user|recipient|account|mailbox|person|address|local user|mail ?drop)
    no (mailbox|mail ?box|user|account|valid recipients?) (here )?(by|with|under|of|for|matches|named)? ?(that|this)? ?(name|address)?
    not (a )?(valid|known|existing) (user|recipient|mailbox|address|account|local)
    not a registered (gateway )?user
    (invalid|bad|nonexistent|non-existent|non-existing) (recipient|user|mailbox|address|destination|e-?mail address|account|local part)
    (does(n't| not)|don't) have (a|an) \S{1,60} account
    (mailbox|account|recipient) (is )?(unavailable|invalid)
    mailbox not available
    (recipient|user|address)( \S{1,80})? rejected: (user unknown|no such|undeliverable|unknown)
    recipnotfound
    recipientnotfound
    not listed in (domino|public name|the public|directory)
    isn't (in our|listed|a valid|on our)
    can('t|not) find (the )?(user|recipient|mailbox|account)
    (domain|host)( name)?( \S{1,80})? ?(was|is|could)? ?(not|n't) (be )?(found|exist)
    (domain|host) (does(n't| not)) exist
    there is no (such )?(user|mailbox|account|address)
    nxdomain
    no such domain
    unknown domain
    e-?mail address (you entered )?(couldn't|could not|wasn't|was not) be found
    address couldn't be found
    address not found
    unbekannter? (empf.nger|benutzer|user)
    empf.nger (ist )?unbekannt
    (postfach|adresse|empf.nger|benutzer) existiert nicht
    (adresse|destinataire|utilisateur|bo.te) (inconnue?|inexistante?)
    n'existe pas
    (usuario|direcci.n|buz.n|cuenta) (desconocid|inexistente|no existe)
    no existe
    (utente|indirizzo|casella) (sconosciut|inesistente)
    non esiste
    (anv.ndaren?|mottagaren?|adressen) (finns inte|.r ok.nd)
    ok.nd (anv.ndare|mottagare)
    (vastaanottajaa|k.ytt.j.{1,2}|osoitetta|postilaatikkoa) ei (ole|l.ytynyt|tunneta|l.ydy)
    tuntematon (vastaanottaja|k.ytt.j.)
    (gebruiker|adres|postvak) (onbekend|bestaat niet)
    нет такого (пользователя|адреса|ящика)
    пользователь не (найден|существует)
    (ящик|адрес)( получателя)? не (существует|найден)
    用户不存在
    收件人不存在
    邮箱不存在
    收件人(邮件)?地址.{0,12}不存在
    mailbox not found
    ユーザー?が(存在|見つか)
    宛先.{0,10}(存在しません|見つかりません)
    """
)
GONE = any_of(
    r"""
    (account|mailbox|user|address)( \S{1,80})? (has been |is |was |have been )?(permanently )?(disabled|deactivated|deleted|closed)
    (account|mailbox|user|address)( \S{1,80})? (has been |is |was )?(terminated|discontinued|expired|removed|cancell?ed|abandoned)
    (account|mailbox|user|address)( \S{1,80})? is (no longer|not) (valid|available|active|in use|in service)
    no longer (works?|employed|with|exists?|valid|in use|accepts|has|on|active)
    has left the (company|organi[sz]ation)
    (that you tried to reach )?is (disabled|inactive)
    (user|account|mailbox) (is )?inactive
    address has been retired
    retired address
    mailbox (is )?disabled
    """
)
ALIVE = any_of(
    r"""
    (mail ?box|inbox|account|user|recipient|storage|disk|folder)('s)?( \S{1,80})? (is |was |has )?(currently )?(over ?)?(full|exceed)
    (mail ?box|inbox|account|user|recipient|storage|disk|folder)('s)?( \S{1,80})? (is |was |has )?over ?(the )?(quota|size|limit)
    (over|exceed\w*|above) (\S{1,20} ){0,4}(quota|storage|disk space|mailbox size|allocation|space limit)
    quota (\S{1,20} ){0,2}(exceed|reached|full)
    out of (storage|disk)
    insufficient (system |disk )?(storage|space)
    no space left
    overquota
    mailbox full
    gr[ae]y ?-?list
    \bspam\b
    \bspf\b
    \bdkim\b
    \bdmarc\b
    unsolicited
    bulk mail
    junk mail
    black ?-?list
    block ?-?list
    spamhaus
    barracuda ?central
    reputation
    \brbl\b
    dnsbl
    blocked (by|using|for|due|as)
    sender verify failed
    policy (reason|violation|restrict|rejection)
    for policy
    local policy
    against policy
    message (was |is |has been )?(rejected|refused|blocked) (by|due|as|because|for)
    content (rejected|filter|blocked)
    virus
    malware
    phish
    suspicious
    (message|mail|content|size)( \S{1,40})? (is |was |size )?(too (big|large|long)|exceed\w*)
    size limit
    exceeds (the )?(maximum|fixed|size)
    too large
    rate ?-?limit
    too many (messages|connections|recipients|e?mails|sessions)
    throttl
    not authori[sz]ed
    authentication (required|failed)
    relay(ing)? (access )?denied
    unable to relay
    not permitted
    permission
    sender (address )?(rejected|denied|blocked|unknown)
    sender verif
    verification failed for the sender
    the sender's domain
    administrative prohibition
    :blocked\)
    not accept(ing|s)? (mail|messages?|e-?mail) from (this|your|the) sender
    (your|client|sending) (host|ip|server|domain)( \S{1,60})? (is |was |has been )?(blocked|rejected|listed|banned)
    reverse dns
    \bptr\b
    \bhelo\b
    only accepts? (mail|messages) from
    restricted
    moderat(ed|or|ion)
    mail(box)? loop
    loops? back
    too many hops
    hop count
    (postfach|mailbox|speicher)( \S{1,40})? (ist )?(voll|.berf.llt)
    bo.te (aux lettres |de r.ception )?(est )?pleine
    buz.n (est. )?lleno
    casella (di posta )?piena
    postilaatikko (on )?t.ynn.
    brevl.da (.r )?full
    postvak (is )?vol
    ящик (получателя )?переполнен
    переполнен
    邮箱已满
    空间不足
    容量
    """
)
DELAYED = any_of(
    r"""
    (delivery|message|mail)( \S{1,60})? (\S{1,20} ){0,3}(has been |is |was )?(delayed|deferred)
    still (being )?(retried|undelivered|trying|in the queue|be tr)
    not yet been delivered
    could not be delivered (for|within) (\S{1,20} ){0,3}(past|last|hours?)
    will (be )?(continue|keep|retried|tried|retry|reattempted)
    warning: (message|could not send|mail)
    will retry|delivery incomplete|temporary problem (\S{1,20} ){0,2}deliver
    transient[- ]fail
    no action is (required|needed)
    do not need to resend
    you don't need to do anything
    (will|wird) weiter(hin)? versuch
    """
)
FAILED = any_of(
    r"""
    (could|can|was|were|has|have|is|did|will)( ?not|n't|n\u2019t) (\S{1,20} ){0,3}(be )?(deliver|reach|sent|send|relay|forward)
    (failed|unable|impossible) to (\S{1,20} ){0,3}(deliver|reach|send)
    undeliver(able|ed)
    delivery (\S{1,20} ){0,6}(has )?fail(ed|ure)
    deliver\w* (\S{1,20} ){0,4}(has been )?delayed
    (fatal|permanent) (delivery )?error
    unknown user
    mailbox exceeds
    (message|mail) (was |has been )?(blocked|returned|bounced|rejected)
    nicht (zugestellt|zustellbar)
    ei voitu toimittaa
    (inte|ej) (levereras|levererat)
    退回|退信|无法送达|未能投递
    не (был[оа]? )?доставлен
    """
)
