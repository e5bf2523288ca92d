#!/usr/bin/perl
# sa_hits - what SpamAssassin's rules hit, for comparison.
#
#	sa_hits [--jobs N] [--cache DIR] --networks FILE --work DIR LIST
#	sa_hits --rules --networks FILE --work DIR
#
# For each message of LIST, one path a line, one line of JSON in that order:
#	{"file":PATH,"hits":{RULE:COUNT,...},"score":POINTS,"seconds":CPU}
# with all rules, those beginning with __ included.  Stock rules and the stock
# plugins, score set 0: no network, no Bayes, no learning, no user's settings.
# With --rules instead one line for each rule that was parsed:
#	{"rule":NAME,"kind":KIND,"net":0|1,"flags":TFLAGS,"text":DEFINITION,
#	"scores":[4]}
# where a meta that asks about a rule with tflags net has that flag as well.
# A cache keeps the answers under a digest of everything they depend on.
use strict;
use warnings;
use Digest::SHA;
use File::Copy;
use File::Path qw(make_path);
use Getopt::Long;
use IO::Handle;
use JSON::PP;
use POSIX ();
use Time::HiRes;

my $STOCK = '/usr/share/spamassassin';
my $PLUGINS = '/etc/spamassassin';

my @given = @ARGV;
my %option = (jobs => 1);
GetOptions(\%option, 'jobs=i', 'cache=s', 'networks=s', 'work=s', 'rules')
    && $option{networks} && $option{work} && @ARGV == ($option{rules} ? 0 : 1)
    or die "usage: sa_hits --networks FILE --work DIR {--rules | LIST}\n";
# Hashes walk the same way in every run, and addresses are read by what comes
# with SpamAssassin, whether or not Email::Address::XS is installed.
if (($ENV{PERL_HASH_SEED} // '') ne '0' ||
    ($ENV{SA_HEADER_ADDRESS_PARSER} // '') ne '1') {
	$ENV{SA_HEADER_ADDRESS_PARSER} = 1;
	$ENV{PERL_HASH_SEED} = 0;
	$ENV{PERL_PERTURB_KEYS} = 0;
	exec $^X, $0, @given or die "exec: $!\n";
}
my $json = JSON::PP->new->canonical->latin1;

sub slurp
{
	my ($path) = @_;

	open my $file, '<:raw', $path or die "$path: $!\n";
	local $/;
	return scalar <$file> // '';
}

# The stock plugins with our networks, and no local rules.
sub site_folder
{
	my $site = "$option{work}/site";

	make_path($site);
	unlink glob "$site/*";
	copy($_, $site) or die "$_: $!\n" for glob "$PLUGINS/*.pre";
	copy($option{networks}, "$site/networks.cf")
	    or die "$option{networks}: $!\n";
	return $site;
}

# FreeMail looks for addresses in the text by taking them out of it, and body
# rules that happen to run later miss them; which do, depends on their order.
sub spare_text
{
	my $parse = \&Mail::SpamAssassin::Plugin::FreeMail::_parse_body;

	no warnings 'redefine';
	*Mail::SpamAssassin::Plugin::FreeMail::_parse_body = sub {
		my ($self, $status) = @_;
		my @copy = @{$status->get_decoded_stripped_body_text_array()};

		no warnings 'redefine';
		local *Mail::SpamAssassin::PerMsgStatus::get_decoded_stripped_body_text_array =
		    sub { return \@copy };
		return $parse->($self, $status);
	};
}

sub start_engine
{
	my ($site, $config) = @_;

	require Mail::SpamAssassin;
	my $engine = Mail::SpamAssassin->new({
		rules_filename => $STOCK,
		site_rules_filename => $site,
		userstate_dir => "$option{work}/state",
		local_tests_only => 1,
		dont_copy_prefs => 1,
		home_dir_for_helpers => "$option{work}/state",
		pre_config_text => "use_bayes 0\nuse_learner 0\n" .
		    "time_limit 0\n" . $config,
	});
	$engine->init(0);
	$engine->{conf}->get_score_set() == 0 or die "not score set 0\n";
	spare_text();
	$engine->compile_now(0, 1);
	return $engine;
}

sub judge
{
	my ($engine, $path) = @_;
	my $start = Time::HiRes::clock();
	my $mail = $engine->parse(slurp($path), 0,
	    { master_deadline => undef });
	my $status = $engine->check($mail);
	my $hit = $status->{tests_already_hit};
	my %hits = map { $_ => $hit->{$_} + 0 } grep { $hit->{$_} } keys %$hit;
	my %answer = (file => $path, hits => \%hits,
	    score => $status->get_score() + 0);

	$status->finish();
	$mail->finish();
	$answer{seconds} = sprintf('%.4f', Time::HiRes::clock() - $start) + 0;
	return $json->encode(\%answer);
}

# In a process of its own: SpamAssassin 4.0.1 matches rules with %{NAME} by the
# pattern that the first message of a process made of them (/o), which would
# make its answers depend on the order of messages.
sub judge_alone
{
	my ($engine, $path) = @_;
	my $pid = open(my $child, '-|') // die "fork: $!\n";

	if (!$pid) {
		print judge($engine, $path);
		STDOUT->flush();
		POSIX::_exit(0);
	}
	my $answer = do { local $/; <$child> };
	close $child or die "$path: status $?\n";
	return $answer;
}

# Answers for all messages: each process takes every Nth and writes a file.
sub judge_all
{
	my ($engine, @paths) = @_;
	my $jobs = $option{jobs};
	my (@lines, %child);

	for my $job (0 .. $jobs - 1) {
		my $pid = fork() // die "fork: $!\n";
		if ($pid) {
			$child{$pid} = $job;
			next;
		}
		open my $out, '>:raw', "$option{work}/part.$job"
		    or die "$option{work}/part.$job: $!\n";
		for (my $i = $job; $i < @paths; $i += $jobs) {
			print $out judge_alone($engine, $paths[$i]), "\n";
		}
		close $out or die "$option{work}/part.$job: $!\n";
		exit 0;
	}
	for (1 .. $jobs) {
		my $pid = wait();
		die "a process ended with status $?\n" if $?;
		my @part = split /\n/, slurp("$option{work}/part.$child{$pid}");
		unlink "$option{work}/part.$child{$pid}";
		@lines[map { $child{$pid} + $_ * $jobs } 0 .. $#part] = @part;
	}
	return join '', map { "$_\n" } @lines;
}

sub digest
{
	my ($site, @paths) = @_;
	my $sha = Digest::SHA->new(256);

	require Mail::SpamAssassin;
	$sha->add(Mail::SpamAssassin::Version(), $]);
	for my $path ($0, glob("$STOCK/*"), glob("$site/*"), @paths) {
		$sha->add("\0$path\0", -s $path, "\0", slurp($path));
	}
	return $sha->hexdigest();
}

sub hits
{
	my ($list) = @_;
	my @paths = split /\n/, slurp($list);
	my $site = site_folder();
	my $kept = $option{cache} &&
	    "$option{cache}/" . digest($site, @paths) . '.jsonl';

	if ($kept && -e $kept) {
		print slurp($kept);
		return;
	}
	my $engine = start_engine($site, '');
	$engine->compile_now(0, 0);
	my $lines = judge_all($engine, @paths);
	if ($kept) {
		make_path($option{cache});
		open my $out, '>:raw', "$kept.new" or die "$kept: $!\n";
		print $out $lines;
		close $out or die "$kept: $!\n";
		rename "$kept.new", $kept or die "$kept: $!\n";
	}
	print $lines;
}

sub kind
{
	my ($type) = @_;
	no warnings 'once';
	my $name = $Mail::SpamAssassin::Conf::TYPE_AS_STRING{$type} // $type;

	return $type & 1 ? "$name eval" : $name;
}

sub rules
{
	my $engine = start_engine(site_folder(), "allow_user_rules 1\n");
	my $conf = $engine->{conf};

	for my $rule (sort keys %{$conf->{tests}}) {
		my $flags = $conf->{tflags}{$rule} // '';
		my $text = $conf->{tests}{$rule} // '';
		print $json->encode({
			rule => $rule,
			kind => kind($conf->{test_types}{$rule}),
			net => $flags =~ /\bnet\b/ ? 1 : 0,
			flags => $flags, text => $text,
			scores => [map {
			    ($conf->{scoreset}[$_]{$rule} // 0) + 0 } 0 .. 3],
		}), "\n";
	}
}

make_path("$option{work}/state");
binmode STDOUT;
$option{rules} ? rules() : hits($ARGV[0]);
